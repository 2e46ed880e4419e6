import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { randomFrom } from "../../models/random.ts";
import { chromiumOrSkip, startBrowser } from "../real/browser/start-browser.ts";
import {
  alertCard,
  openDesk,
  openMap,
  openVisitor,
  sheet,
  siteMarker,
  stationMarker,
} from "../real/browser/visitor.ts";
import { ROOT } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { drawnRoll } from "../town/camera-roll.ts";
import { auditState } from "./audit.ts";
import { shoot } from "./driver.ts";
import { layLine, STATION, startAll } from "./line.ts";

const ARTEFACTS = join(ROOT, "test-artifacts", "screenshots");

const chromium = await chromiumOrSkip();

describe.skipIf(chromium === undefined)("the whole line in a real browser (skipped without Chromium)", () => {
  it("shows a reading and a photo pair that were taken a moment before, a stale station, and an alert to acknowledge", async () => {
    await mkdir(ARTEFACTS, { recursive: true });
    const { browser, close } = await startBrowser(chromium);
    onTestFinished(close);
    const line = await layLine({
      folder: await tempFolder(),
      edge: { READING_EVERY_S: "0.5" },
      cloud: { STALE_AFTER_S: "4" },
    });
    onTestFinished(() => line.close());
    await startAll(line);
    const visitor = await openVisitor(browser, line.cloudUrl, { screen: "desktop", language: "ru" });
    onTestFinished(() => visitor.close());
    const { page } = visitor;

    await openMap(page, line.cloudUrl);
    await line.setAir({ pm25: 77.7, pm10: 99.9, temperature: -21, humidity: 81, pressure: 987 });
    await stationMarker(page, STATION).click();
    // The headline, not the chart below it, which is asked for once a minute; the sensor warms up for half a minute.
    await sheet(page).locator(".headline").getByText("77,7").waitFor();
    await page.screenshot({ path: join(ARTEFACTS, "line-station-desktop-ru.png") });

    const roll = await drawnRoll(line.cameraFolder, randomFrom(20), 0);
    const dirty = await until(
      "the model calls an after photo dirty",
      async () => {
        await roll.lay("before");
        await shoot(line.edgeUrl, "site-1", "before");
        // A photo of a dirty site on purpose: the driver left it like this.
        await roll.lay("before");
        const after = await shoot(line.edgeUrl, "site-1", "after");
        return after.state === "overflow" || after.state === "scattered" ? after : undefined;
      },
      120_000,
    );
    await page.keyboard.press("Escape");
    await siteMarker(page, "site-1").click();
    await until(
      "both photos are drawn",
      async () => {
        const widths = await sheet(page)
          .locator("img")
          .evaluateAll((images) => images.map((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0)));
        return widths.length >= 2 && widths.every((width) => width > 0);
      },
      30_000,
    );
    await page.screenshot({ path: join(ARTEFACTS, "line-site-desktop-ru.png") });

    const desk = await openVisitor(browser, line.cloudUrl, { screen: "phone", language: "en" });
    onTestFinished(() => desk.close());
    await openDesk(desk.page, line.cloudUrl, line.adminToken);
    const alerts = auditState(line.data.cloud).alerts;
    expect(alerts).toContain(dirty.visit);
    const card = desk.page.locator(".alert[data-open=true]").first();
    await card.waitFor();
    const id = (await card.getAttribute("data-id")) ?? "";
    await card.locator("button.acknowledge").click();
    await desk.page.locator("dialog input").fill("Anna Petrova");
    await desk.page.locator("dialog button[type=submit]").click();
    await alertCard(desk.page, id).and(desk.page.locator("[data-open=false]")).waitFor();
    await alertCard(desk.page, id).getByText("Anna Petrova").waitFor();
    await desk.page.screenshot({ path: join(ARTEFACTS, "line-desk-phone-en.png") });

    await line.edge.close();
    await page.keyboard.press("Escape");
    await stationMarker(page, STATION).and(page.locator("[data-shape=late]")).waitFor();
    await page.screenshot({ path: join(ARTEFACTS, "line-stale-desktop-ru.png") });
    expect([...visitor.foreignRequests, ...desk.foreignRequests]).toEqual([]);
    expect([...visitor.complaints, ...desk.complaints]).toEqual([]);
  }, 240_000);
});
