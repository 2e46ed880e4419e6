import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { aBulletin, fillWithStates, pastWindows, STATES } from "./air-states.ts";
import { type PagesTown, REGISTRY, samplesOf, startPagesTown } from "./pages-town.ts";
import { chromiumOrSkip, startBrowser, type TestBrowser } from "./start-browser.ts";
import {
  accessibilityFaults,
  hasSidewaysScroll,
  keepScreenshot,
  labelOf,
  openMap,
  openVisitor,
  sheet,
  stationMarker,
  textOf,
  type Visitor,
} from "./visitor.ts";

const chromium = await chromiumOrSkip();
/** A machine that builds, trains and draws WebGL in software at the same time is slow. */
const PATIENCE_MS = 240_000;
/** So close that no station is in a cluster; an opened one comes into view. */
const CLOSE = "#/?map=55.1100,61.6200,12.6";

/** How much of a picture's left and right side has the colour of wind arrows; the mark itself lies between them. */
async function windPixels(page: Page, id: string): Promise<{ left: number; right: number }> {
  const box = await stationMarker(page, id).boundingBox();
  if (box === null) throw new Error(`station ${id} is not in view`);
  const clip = { x: box.x - 14, y: box.y, width: box.width + 28, height: box.height };
  const png = (await page.screenshot({ clip })).toString("base64");
  return await page.evaluate(async (base64) => {
    const picture = new Image();
    picture.src = `data:image/png;base64,${base64}`;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const pen = canvas.getContext("2d");
    pen?.drawImage(picture, 0, 0);
    const count = (x: number): number => {
      const { data = [] } = pen?.getImageData(x, 0, 16, picture.height) ?? {};
      let found = 0;
      for (let i = 0; i < data.length; i += 4) {
        const [r = 0, g = 0, b = 0] = data.slice(i, i + 3);
        if (Math.abs(r - 0x12) + Math.abs(g - 0x39) + Math.abs(b - 0x5c) < 24) found++;
      }
      return found;
    };
    return { left: count(0), right: count(picture.width - 16) };
  }, png);
}

/** Whether a page shows none of some elements. */
const allHidden = (all: readonly Element[]): boolean => all.every((one) => !one.checkVisibility());

describe.skipIf(chromium === undefined)("what the map knows of the air", { timeout: PATIENCE_MS }, () => {
  let machine: TestBrowser;
  let town: PagesTown;
  let visitor: Visitor;
  let page: Page;
  // One page for all: a load takes longer than a test.
  beforeAll(async () => {
    machine = await startBrowser(chromium);
    town = await startPagesTown({ airWindows: pastWindows });
    fillWithStates(town.fixture.state, Date.now());
    visitor = await openVisitor(machine.browser, town.url);
    page = visitor.page;
    await openMap(page, town.url, CLOSE);
  }, PATIENCE_MS);
  afterAll(async () => {
    await machine?.close();
    await town?.close();
  });

  /** Follows a link within the page. */
  const open = (hash: string) => page.goto(`${town.url}/${hash}`);
  const openStation = async (id: string): Promise<void> => {
    await open(`#/station/${id}`);
    await stationMarker(page, id).waitFor();
  };
  const labelBecomes = (id: string, label: string) =>
    until(`${id} with ${label}`, async () => (await labelOf(page, id)) === label);

  it("draws every state of a station, says it in its name, and explains it in one tap", async () => {
    for (const { station, shape, badge, named, told } of STATES) {
      await openStation(station);
      const marker = stationMarker(page, station);
      expect(await marker.getAttribute("data-shape"), station).toBe(shape);
      expect(await marker.getAttribute("data-badge"), station).toBe(badge);
      expect(await marker.getAttribute("aria-label"), station).toMatch(named);
      await until(`the panel of ${station} explains it`, async () => told.test(await textOf(sheet(page))));
    }
    // A sensor at 2,000 µg/m³ that contradicts itself colours nothing.
    expect(await textOf(page.locator(".now-card"))).not.toMatch(/Hazardous/);
    await openStation("st-04");
    await sheet(page).locator(".how-sure summary").click();
    await sheet(page).locator('.reasons [data-flag="fog"]').waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  it("points an arrow where the wind blows to, and says where it comes from", async () => {
    await openStation("st-00");
    await sheet(page).getByText("7 m/s from west").waitFor();

    const { left, right } = await until("an arrow", async () => {
      const seen = await windPixels(page, "st-00");
      return seen.right > 0 && seen;
    });

    expect(right).toBeGreaterThan(10 * left);
  });

  it("shows each time span with its own number, and says in one panel why they differ", async () => {
    await openStation("st-00");
    const card = page.locator(".now-card");
    await card.locator(".how-shown summary").click();
    for (const [average, label] of [
      ["m20", "82"],
      ["h1", "92"],
      ["nowcast", "122"],
      ["h24", "154"],
      ["now", "73"],
    ] as const) {
      await card.locator(`button[data-average="${average}"]`).click();
      await labelBecomes("st-00", label);
    }
    await card.locator('select[name="pollutant"]').selectOption("pm10");
    await card.locator('button[data-average="m20"]').click();
    await labelBecomes("st-00", "63");
    await card.locator('select[name="pollutant"]').selectOption("pm25");

    await sheet(page).locator(".why-differ summary").click();
    const said = await sheet(page).locator(".why-differ li").allTextContents();
    expect(said.map((one) => /[\d.]+ µg/.exec(one)?.[0])).toEqual(["21 µg", "26 µg", "31 µg", "44 µg", "60 µg"]);
    expect(said[2]).toMatch(/98% of the time was measured/);
    expect(said[4]).toMatch(/judged by this standard/);
    await sheet(page).locator('.why-differ [data-average="nowcast"] button').click();
    await labelBecomes("st-00", "122");
    await sheet(page).locator(".how-sure summary").click();
    expect(await textOf(sheet(page).locator(".how-sure"))).toMatch(
      /Raw.*70.4 µg.*Corrected44 µg.*EPA, 2021 \(Barkjohn\) v1.*PMS5003/s,
    );
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("shows the past by the mean that is kept and says so, from a link or the slider, in the list too", async () => {
    const at = new Date(Math.floor(Date.now() / 1_200_000) * 1_200_000 - 6 * 3_600_000).toISOString().slice(0, 16);
    await open(`#/station/st-00?average=nowcast&at=${at}Z`);
    await labelBecomes("st-00", "173");
    const said = page.locator(".time-said");
    expect(await textOf(said)).toContain("mean of one hour (“NowCast” is not kept for the past)");
    await sheet(page).locator('.why-differ [data-average="h24"]').getByText("Not kept for the past.").waitFor({
      state: "attached",
    });

    await open(`#/list?average=now&at=${at}Z`);
    await sheet(page).locator("h3").getByText("mean of 20 minutes").waitFor();
    expect(await textOf(said)).toContain("mean of 20 minutes (“Now” is not kept for the past)");
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.locator(".time-now").click();
    await openStation("st-00");
    await labelBecomes("st-00", "73");
  });

  it("shows the days of a year by number, colour and words, walked through by keyboard", async () => {
    await openStation("st-00");
    const calendar = sheet(page).locator(".calendar-of-year");
    await calendar.locator("summary").click();
    const day = (date: string) => calendar.locator(`[data-date$="-${date}"]`);
    await day("01-09").waitFor();

    expect(await day("01-09").getAttribute("title")).toBe(
      "9 January: PM2.5 168.4 µg/m³, Very unhealthy, 98% of the time was measured",
    );
    expect(await textOf(day("01-09"))).toBe("9 244");
    expect(await day("01-10").getAttribute("data-doubtful")).toBe("true");
    expect(await day("01-11").getAttribute("title")).toBe("11 January: no data");
    expect(await textOf(calendar)).toMatch(
      /\d+ of \d+ days measured: good \d+, .*very unhealthy 1\..*The worst: 9 January/,
    );
    await day("01-01").focus();
    for (const key of ["ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await calendar.locator(".day-said").getByText("9 January").waitFor();
    expect(await day("01-09").evaluate((button) => button === document.activeElement)).toBe(true);
    expect(await calendar.locator('.day[tabindex="0"]').count()).toBe(1);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("prints an opened station on its own: of when, by what, how sure, and from where", async () => {
    await openStation("st-00");
    const unfolded = sheet(page).locator("details[open]");
    const before = await unfolded.count();
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));

    expect(await page.locator(".top-bar, .map-holder, .now-card").evaluateAll(allHidden)).toBe(true);
    expect(await textOf(sheet(page).locator(".print-head"))).toMatch(
      /As of \d+ \w+ \d{4} at \d\d:\d\d\. PM2\.5, US EPA.*the newest single value\. Source: http:.*#\/station\/st-00/,
    );
    await sheet(page).getByText("No reason to doubt it was found.").waitFor();
    expect(await hasSidewaysScroll(page)).toBe(false);
    // On paper the sheet is as long as what it says.
    expect((await sheet(page).boundingBox())?.height).toBeGreaterThan(1_000);
    await keepScreenshot(page, "air-print");
    await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
    await page.emulateMedia({ media: null });
    expect(await unfolded.count()).toBe(before);
  });

  it("keeps the newest value in the open panel of a station that changes all the time", async () => {
    await openStation("st-05");
    const headline = sheet(page).locator(".headline");
    await headline.getByText("PM2.5 21 µg/m³").waitFor();
    await page.locator('.connection[data-connection="live"]').waitFor();
    const { state, tell } = town.fixture;
    const others = state.samples.filter(({ station }) => station !== "st-05");
    let value = 100;
    const changes = setInterval(() => {
      state.samples = [...others, ...samplesOf("st-05", ++value, Date.now())];
      tell({ kind: "station", station: "st-05" });
    }, 500);

    try {
      await until("a value that came while it kept changing", async () => /1\d\d µg/.test(await textOf(headline)));
    } finally {
      clearInterval(changes);
    }
  });

  it("compares stations, and leaves no button of the map half covered by what is opened over it", async () => {
    await open("#/");
    await page.getByRole("button", { name: "Show everything" }).click();
    const cluster = page.locator(".cluster-marker").first();
    await cluster.waitFor();
    await open("#/compare/st-00,st-03");
    await sheet(page).locator(".compared li").nth(1).waitFor();

    await until("every button in reach", async () => (await accessibilityFaults(page)).length === 0);
  });

  it("puts a cluster into words, and falls apart where it is pressed", async () => {
    await open("#/");
    await page.getByRole("button", { name: "Show everything" }).click();
    const cluster = page.locator(".cluster-marker").first();
    await cluster.waitFor();
    expect(await cluster.getAttribute("aria-label")).toMatch(
      /\d+ stations together, the worst: \d+; press to look closer/,
    );
    const zoom = () => Number(/map=[^,]+,[^,]+,([\d.]+)/.exec(page.url())?.[1] ?? 0);
    const before = zoom();

    await cluster.click();

    await until("a closer look", async () => zoom() > before + 0.1);
  });

  it("says that a place is not told, and finds the nearest station where it is", async () => {
    await open("#/");
    const card = page.locator(".now-card");
    await card.locator(".find-me").click();
    await card.getByText("Your place could not be found").waitFor();

    const [longitude = 0, latitude = 0] = REGISTRY.stations.find(({ id }) => id === "st-03")?.position ?? [];
    await visitor.context.grantPermissions(["geolocation"], { origin: town.url });
    await visitor.context.setGeolocation({ longitude: longitude + 0.004, latitude });
    await card.locator(".find-me").click();

    await card.getByText("nearest station, 0.3 km away").waitFor();
    expect(await textOf(card.locator("h2"))).toBe("Near you: Shakhtyorov, school 4");
  });

  it("makes no official warning of its own, and carries one word for word while it holds", async () => {
    await page.locator(".now-card .answer").waitFor();
    const banner = page.locator(".bulletins");
    expect(await banner.count()).toBe(0);
    const nowMs = Date.now();
    const gone = new Date(nowMs - 1_000).toISOString();
    town.fixture.state.bulletins = [
      aBulletin(nowMs),
      aBulletin(nowMs, { identifier: "nmu-0", headline: "старое", expires: gone }),
    ];
    await page.reload();
    await banner.locator("details").waitFor();

    expect(await textOf(banner)).not.toContain("старое");
    expect(await textOf(banner.locator("summary"))).toMatch(
      /НМУ второй степени опасности Копейск, degree 2, until .*, source: chelpogoda\.ru/,
    );
    expect(await banner.locator("strong").getAttribute("lang")).toBe("ru");
    await banner.locator("summary").click();
    await banner.getByText("Ограничьте пребывание на улице.").waitFor();
    expect(await textOf(banner)).toContain("none is made from our readings");
    expect(await banner.locator("a").getAttribute("href")).toBe("https://chelpogoda.ru/nmu");
    await keepScreenshot(page, "air-bulletin");
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("can be shown in a frame of another site, by the lines that its panel gives", async () => {
    await open("#/station/st-00");
    await sheet(page).locator(".embed summary").click();
    const lines = await sheet(page).locator(".embed textarea").inputValue();

    const school = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(lines));
    onTestFinished(() => void school.close());
    const port = await freePort();
    await new Promise<void>((listening) => school.listen(port, "127.0.0.1", listening));
    await page.goto(`http://127.0.0.1:${port}/`);

    await page.frameLocator("iframe").getByText("Lenina, school 1").waitFor();
    await keepScreenshot(page, "air-embed");
    await page.goto(`${town.url}/embed?station=st-03&lang=ru`);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("has open data explained on a page that anyone can read", async () => {
    for (const language of ["en", "ru"]) {
      await page.goto(`${town.url}/docs?lang=${language}`);
      await keepScreenshot(page, `docs-${language}`);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });

  it("says that a newer version of the page is there, and loads it", async () => {
    const webDir = await tempFolder();
    await cp("cloud/web/dist", webDir, { recursive: true });
    const released = await startPagesTown({ webDir });
    try {
      const { page: own, close } = await openVisitor(machine.browser, released.url);
      await own.goto(released.url);
      await own.locator(".now-card .answer").waitFor();
      expect(await own.locator(".banner.newer").count()).toBe(0);

      const [main = ""] = (await readdir(join(webDir, "assets"))).filter((name) => /^index-.*\.js$/.test(name));
      await cp(join(webDir, "assets", main), join(webDir, "assets", "index-newer.js"));
      const html = await readFile(join(webDir, "index.html"), "utf8");
      await writeFile(join(webDir, "index.html"), html.replaceAll(main, "index-newer.js"));
      await own.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await own.locator(".banner.newer button").click();

      await own.locator('script[src$="index-newer.js"]').waitFor({ state: "attached" });
      await own.locator(".now-card .answer").waitFor();
      expect(await own.locator(".banner.newer").count()).toBe(0);
      await close();
    } finally {
      await released.close();
    }
  });
});
