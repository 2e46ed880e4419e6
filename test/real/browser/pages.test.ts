import type { Locator } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { StoreUnavailable } from "../../../cloud/store/measurements/measurements.ts";
import { ADMIN_TOKEN } from "../../support/http-fixture.ts";
import { until } from "../../support/until.ts";
import { alertOf, near, type PagesTown, samplesOf, startPagesTown, visitOf } from "./pages-town.ts";
import { chromiumOrSkip, startBrowser, type TestBrowser } from "./start-browser.ts";
import {
  accessibilityFaults,
  acknowledge,
  alertCard,
  labelOf,
  openDesk,
  openMap,
  openVisitor,
  sheet,
  siteMarker,
  stationMarker,
  textOf,
  type Visitor,
} from "./visitor.ts";

/** Presses "what the model looked at" and waits until that lies over the photo, in the part that it names. */
async function heatLies(photo: Locator): Promise<void> {
  await photo.locator(".heat-toggle").click();
  const heat = photo.locator(".photo-heat");
  await heat.locator("rect").first().waitFor();
  const where = "The model took most for waste lower left.";
  expect(await heat.getAttribute("aria-label")).toBe(where);
  expect(await textOf(photo.locator(".heat-words [role=status]"))).toContain(`${where} The warmer`);
  const [frame, cell] = [await heat.boundingBox(), await heat.locator("rect").last().boundingBox()];
  if (frame === null || cell === null) throw new Error("the map has no size");
  expect(cell.y).toBeGreaterThan(frame.y + frame.height / 2);
  expect(cell.x).toBeLessThan(frame.x + frame.width / 2);
}

const chromium = await chromiumOrSkip();
/** A machine that builds, trains and draws WebGL in software at the same time is slow. */
const PATIENCE_MS = 90_000;

describe.skipIf(chromium === undefined)("the pages in a real browser", { timeout: PATIENCE_MS }, () => {
  let machine: TestBrowser;
  let town: PagesTown;
  beforeAll(async () => {
    machine = await startBrowser(chromium);
    town = await startPagesTown();
  }, PATIENCE_MS);
  afterAll(async () => {
    await machine?.close();
    await town?.close();
  });
  beforeEach(() => town.reset());

  const visit = async (options: Parameters<typeof openVisitor>[2] = {}, url = town.url): Promise<Visitor> => {
    const visitor = await openVisitor(machine.browser, url, options);
    onTestFinished(visitor.close);
    return visitor;
  };

  describe("the map", () => {
    it("draws stations and sites and asks no other host", async () => {
      const visitor = await visit();

      const { page } = visitor;
      await openMap(page, town.url);
      await page.locator(".cluster-marker").first().waitFor();

      expect(await page.locator(".site-marker").count()).toBeGreaterThan(8);
      expect(await page.locator('.site-marker[data-state="overflow"]').count()).toBeGreaterThan(0);
      const names = await page.locator(".cluster-marker").evaluateAll((all) => all.map((one) => one.ariaLabel ?? ""));
      const together = names.map((name) => Number.parseInt(name, 10)).reduce((a, b) => a + b, 0);
      // A button gives way where a worse one lies; the list has every place.
      expect(together + (await page.locator(".station-marker").count())).toBeGreaterThan(9);
      await page.goto(new URL(`/${near("st-03")}`, town.url).href);
      await page.reload();
      const bad = stationMarker(page, "st-03");
      await bad.waitFor();
      expect(await labelOf(page, "st-03")).toBe("173");
      expect(await bad.getAttribute("aria-label")).toBe(
        "Air station Shakhtyorov, school 4, index 173, Unhealthy, demo",
      );
      expect(visitor.foreignRequests).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    });

    it("looks closer at a municipality when its name is pressed", async () => {
      const { page } = await visit({ screen: "phone" });
      await openMap(page, town.url);
      const zoom = () => Number(/map=[^,]+,[^,]+,([\d.]+)/.exec(page.url())?.[1] ?? 0);
      const before = zoom();

      await page.getByRole("button", { name: "Show Korkino" }).click();

      await until("a closer look, also in the address", async () => zoom() > before + 1);
    });

    it("shows what has changed without a reload", async () => {
      const { page } = await visit();
      await openMap(page, town.url, near("st-00"));
      await siteMarker(page, "site-000").waitFor();
      await page.locator('.connection[data-connection="live"]').waitFor();
      const { fixture } = town;

      fixture.state.samples = [
        ...fixture.state.samples.filter(({ station }) => station !== "st-00"),
        ...samplesOf("st-00", 300, Date.now()),
      ];
      fixture.tell({ kind: "station", station: "st-00" });
      fixture.state.visits = [
        visitOf("site-000", "scattered", Date.now()),
        ...fixture.state.visits.filter(({ site }) => site !== "site-000"),
      ];
      fixture.tell({ kind: "site", site: "site-000" });

      await page.locator('.station-marker[data-id="st-00"][data-category="hazardous"]').waitFor();
      await page.locator('.site-marker[data-id="site-000"][data-state="scattered"]').waitFor();
    });

    it("believes no time from the future, and takes the next reading although its time is earlier", async () => {
      const { page } = await visit();
      await openMap(page, town.url, near("st-00"));
      await page.locator('.connection[data-connection="live"]').waitFor();
      const marker = stationMarker(page, "st-00");
      const { fixture } = town;
      const others = fixture.state.samples.filter(({ station }) => station !== "st-00");

      fixture.state.samples = [...others, ...samplesOf("st-00", 300, Date.now() + 3_600_000)];
      fixture.tell({ kind: "station", station: "st-00" });
      await marker.and(page.locator('[data-shape="offline"][data-badge="clock"]')).waitFor();
      expect(await marker.getAttribute("aria-label")).toContain("Time not believable");
      fixture.state.samples = [...others, ...samplesOf("st-00", 9, Date.now())];
      fixture.tell({ kind: "station", station: "st-00" });

      await until("the reading with a true time", async () => (await labelOf(page, "st-00")) === "50");
    });

    it("turns a silent station into a ring by itself, says since when, and keeps it", async () => {
      // The server's own clock stands still: only the page can notice that time passes.
      const startMs = Date.now();
      const still = await startPagesTown({
        staleAfterMs: 3_000,
        clock: { nowMs: () => startMs, monotonicMs: () => 0 },
      });
      onTestFinished(still.close);
      const { page } = await visit({}, still.url);
      await openMap(page, still.url, near("st-00"));
      await page.locator('.connection[data-connection="live"]').waitFor();
      const marker = stationMarker(page, "st-00");
      // A slow machine may need longer than 3 s to show a reading: it speaks until it has been seen.
      await until("a fresh reading", async () => {
        still.fixture.state.samples = samplesOf("st-00", 9, Date.now());
        still.fixture.tell({ kind: "station", station: "st-00" });
        return (await marker.and(page.locator('[data-shape="live"]')).count()) === 1;
      });

      await marker.and(page.locator('[data-shape="late"]')).waitFor();

      expect(await marker.getAttribute("aria-label")).toMatch(/since \d\d:\d\d/);
    });

    it("says when the connection is lost, keeps its values, and catches up afterwards", async () => {
      const { page } = await visit();
      await openMap(page, town.url, near("st-01"));
      await stationMarker(page, "st-01").waitFor();
      await page.locator('.connection[data-connection="live"]').waitFor();

      await town.stop();
      await page.locator('.connection[data-connection="lost"]').waitFor();
      expect(await labelOf(page, "st-01")).toBe("73");
      town.fixture.state.samples = samplesOf("st-01", 9, Date.now());
      await town.start();

      await page.locator('.connection[data-connection="live"]').waitFor();
      await until("the missed reading", async () => (await labelOf(page, "st-01")) === "50");
    });

    it("opens a station by keyboard with its chart, and gives the focus back", async () => {
      const { page } = await visit();
      await openMap(page, town.url, near("st-03"));
      const marker = stationMarker(page, "st-03");
      await marker.waitFor();
      const isFocused = () => marker.evaluate((button) => button === document.activeElement);

      await until("the keyboard reaches the station", async () => {
        await page.keyboard.press("Tab");
        return await isFocused();
      });
      await page.keyboard.press("Enter");
      await sheet(page).locator(".chart canvas").waitFor();

      expect(await textOf(page.locator("#sheet-title"))).toBe("Shakhtyorov, school 4");
      expect(await page.locator("#sheet-title").evaluate((title) => title === document.activeElement)).toBe(true);
      expect(await textOf(sheet(page))).toContain("87 µg/m³");
      expect(await sheet(page).locator(".chart").getAttribute("aria-label")).toMatch(/highest [\d.]+ µg\/m³/);
      await page.keyboard.press("Escape");
      await sheet(page).waitFor({ state: "detached" });
      expect(await isFocused()).toBe(true);
    });

    it("says that the store of the chart does not answer, and keeps the values", async () => {
      const broken = await startPagesTown({
        airWindows: { windows: () => Promise.reject(new StoreUnavailable("down")) },
      });
      onTestFinished(broken.close);
      const { page } = await visit({}, broken.url);

      await openMap(page, broken.url, "#/station/st-03");
      const notice = sheet(page).getByRole("status").filter({ hasText: "does not answer" });
      await notice.waitFor();

      expect(await textOf(notice)).toContain("asks again by itself");
      expect(await textOf(sheet(page))).toContain("87 µg/m³");
    });

    it("says under the chart that its points are means, and puts no single value among them", async () => {
      const same = { tenant: "chel", station: "st-03", pollutant: "pm25", resolution: "m1", minutes: 1 } as const;
      const judged = { coverage: 1, confidence: 1, flags: [], correction: null };
      const minutes = [4, 8, 6].map((value, i) => ({
        ...same,
        ...judged,
        start: Math.floor(Date.now() / 60_000 - 9 + i) * 60_000,
        value,
        raw: value,
      }));
      const thinned = await startPagesTown({ airWindows: { windows: async () => minutes } });
      onTestFinished(thinned.close);
      const { page } = await visit({}, thinned.url);
      await openMap(page, thinned.url, "#/station/st-03");
      await page.locator('.connection[data-connection="live"]').waitFor();
      const summary = sheet(page).locator(".chart-summary");
      await summary.waitFor();

      thinned.fixture.state.samples = samplesOf("st-03", 300, Date.now());
      thinned.fixture.tell({ kind: "station", station: "st-03" });
      await sheet(page).locator(".headline").getByText("300 µg/m³").waitFor();

      expect(await textOf(summary)).toContain(
        "each point is the mean of 1 minute; of these means: lowest 4 µg/m³, highest 8 µg/m³, latest 6 µg/m³",
      );
    });

    it("shows a site's photo pair with verdicts, signature and an enlarged photo", async () => {
      const { page } = await visit();
      await openMap(page, town.url, "#/site/site-001");
      const photos = sheet(page).locator(".photo img");
      await photos.nth(1).waitFor();

      expect(await photos.count()).toBe(2);
      await until("both photos are drawn", () =>
        photos.evaluateAll((images) =>
          images.every((image) => image instanceof HTMLImageElement && image.naturalWidth > 0),
        ),
      );
      const said = await textOf(sheet(page));
      expect(said).toContain("Waste is lying around");
      expect(said).toContain("Bins are overflowing");
      expect(said).toContain("93% sure");
      expect(said).toContain("truck-0001");
      expect(said).toContain("Signature valid");
      await sheet(page).locator("button.photo-frame").first().click();
      await page.locator("dialog.photo-dialog[open]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog.photo-dialog").waitFor({ state: "detached" });
      expect(await sheet(page).count()).toBe(1);
    });

    it("lays what the model looked at over a photo when asked, says it in words, and takes it away again", async () => {
      const { page } = await visit();
      await openMap(page, town.url, "#/site/site-001");
      const photo = sheet(page).locator('.photo[data-role="before"]');
      await photo.locator("img").waitFor();
      expect(await photo.locator(".photo-heat").count()).toBe(0);

      await heatLies(photo);
      await photo.locator("button.photo-frame").click();
      const dialog = page.locator("dialog.photo-dialog[open]");
      await dialog.locator(".photo-heat rect").first().waitFor();
      await dialog.locator(".heat-toggle").click();
      await dialog.locator(".photo-heat").waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
      await page.locator("dialog.photo-dialog").waitFor({ state: "detached" });
      await photo.locator(".heat-toggle").click();

      await photo.locator(".photo-heat").waitFor({ state: "detached" });
      expect(await textOf(photo.locator(".heat-words [role=status]"))).toBe("");
    });

    it("waits for a photo that is on its way and shows it when it has come", async () => {
      const { state } = town.fixture;
      const shas = state.whole;
      state.whole = new Set();
      const { page } = await visit();
      await openMap(page, town.url, "#/site/site-001");
      await sheet(page).locator(".photo-frame.empty").nth(1).waitFor();
      expect(await textOf(sheet(page))).toContain("still on its way");

      state.whole = shas;

      await sheet(page).locator(".photo img").nth(1).waitFor();
    });

    it("has everything in a list that a screen reader can use", async () => {
      const { page } = await visit({ language: "ru" });
      await openMap(page, town.url);

      await page.getByRole("link", { name: "Список" }).click();
      await sheet(page)
        .getByRole("link", { name: /Шахтёров, школа № 4/ })
        .first()
        .waitFor();

      expect(await sheet(page).locator(".row").count()).toBe(52);
      await sheet(page).getByLabel("Муниципалитет").selectOption("korkino");
      expect(await sheet(page).locator(".row").count()).toBe(26);
      await sheet(page).locator(".row").last().click();
      await sheet(page).locator(".headline").waitFor();
    });

    it("offers the list where the device cannot draw a map", async () => {
      const { page } = await visit();
      await page.addInitScript(() => {
        HTMLCanvasElement.prototype.getContext = () => null;
      });
      await page.goto(town.url);

      await page.getByText("The map cannot be drawn on this device").waitFor();
      await page.getByRole("link", { name: "List" }).click();
      await until("all rows", async () => (await sheet(page).locator(".row").count()) === 52);
    });

    it("switches the language at once and remembers it", async () => {
      const { page } = await visit({ language: "ru" });
      await openMap(page, town.url);
      expect(await textOf(page.locator(".now-card h2"))).toContain("Сейчас на карте");

      await page.getByRole("button", { name: "Switch to English" }).click();
      await until("English", async () => (await page.locator("html").getAttribute("lang")) === "en");
      await page.reload();
      await page.locator(".now-card h2").waitFor();

      expect(await textOf(page.locator(".now-card h2"))).toContain("On the map now");
    });
  });

  describe("the desk", () => {
    it("refuses a wrong token in words", async () => {
      const { page } = await visit();
      await page.goto(`${town.url}/desk`);
      await page.locator("input[name=token]").fill("wrong");
      await page.locator("form.sign-in button[type=submit]").click();

      await page.getByText("This token is not the right one").waitFor();
    });

    it("shows an alert as it is made, and takes it on with one click and a name", async () => {
      const { page, complaints, foreignRequests } = await visit();
      const { state, tell } = town.fixture;
      state.alerts = [];
      await openDesk(page, town.url, ADMIN_TOKEN);
      await page.getByText("No open alerts").waitFor();
      await page.locator('.connection[data-connection="live"]').waitFor();
      const announced = page.locator("p.visually-hidden[role=status]");

      const alert = alertOf(visitOf("site-003", "overflow", Date.now()), Date.now());
      state.alerts = [alert];
      tell({ kind: "alert", alert: alert.id });
      const card = alertCard(page, alert.id);
      await card.locator(".photo img").nth(1).waitFor();
      expect(await textOf(card)).toContain("Not clean after the visit: bins are overflowing");
      expect(await page.title()).toContain("(1)");
      expect(await textOf(announced)).toBe("New alert: 9 Shakhtyorov street");
      await acknowledge(page, alert.id, "Anna Petrova");

      expect(await textOf(card.locator(".acknowledged"))).toContain("Taken by Anna Petrova");
      expect(state.alerts[0]?.acknowledgedBy).toBe("Anna Petrova");
      expect(await textOf(page.locator(".working-as"))).toContain("Working as Anna Petrova");
      expect(complaints).toEqual([]);
      expect(foreignRequests).toEqual([]);
    });

    it("shows at an alert what the model looked at", async () => {
      const { page } = await visit();
      await openDesk(page, town.url, ADMIN_TOKEN);
      const photo = page.locator('.alert .photo[data-role="after"]').first();
      await photo.locator("img").waitFor();

      await heatLies(photo);

      expect(await accessibilityFaults(page)).toEqual([]);
    });

    it("lists open alerts first, narrows them to a municipality, stays signed in, and signs out", async () => {
      const { page } = await visit();
      await openDesk(page, town.url, ADMIN_TOKEN);
      const first = town.fixture.state.alerts[0]?.id ?? "";
      await alertCard(page, first).waitFor();
      const isFocused = (selector: string) =>
        until(`the focus on ${selector}`, () => page.locator(`${selector}:focus`).isVisible());

      await alertCard(page, first).locator(".acknowledge").press("Enter");
      await page.locator(".name-dialog input:focus").waitFor();
      await page.keyboard.press("Escape");
      await isFocused(`.alert[data-id="${first}"] .acknowledge`);
      await acknowledge(page, first, "Ivan");
      await isFocused(".list-head h2");
      expect(await page.locator(".alert").first().getAttribute("data-open")).toBe("true");
      expect(await page.locator(".alert").last().getAttribute("data-id")).toBe(first);
      const all = await page.locator(".alert").count();
      await page.locator("select").selectOption({ index: 1 });
      await until("fewer alerts or as many", async () => (await page.locator(".alert").count()) <= all);
      await page.reload();
      await page.locator('.desk-page[data-session="in"] .list-head').waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();

      await page.locator("form.sign-in").waitFor();
      await page.reload();
      await page.locator("form.sign-in").waitFor();
    });
  });
});
