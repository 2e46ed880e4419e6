import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { near, type PagesTown, startPagesTown } from "./pages-town.ts";
import { chromiumOrSkip, startBrowser, type TestBrowser } from "./start-browser.ts";
import { keepScreenshot, labelOf, openMap, openVisitor, sheet, stationMarker, textOf } from "./visitor.ts";

const chromium = await chromiumOrSkip();
/** A machine that builds, trains and draws WebGL in software at the same time is slow. */
const PATIENCE_MS = 240_000;

describe.skipIf(chromium === undefined)("the air on the public map", { timeout: PATIENCE_MS }, () => {
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

  it("answers how bad it is and what to do, by any standard, and tells how sure that is", async () => {
    const { page, complaints, close } = await openVisitor(machine.browser, town.url);
    await openMap(page, town.url);
    const card = page.locator(".now-card");
    await card.locator(".answer").waitFor();
    expect(await textOf(card)).toMatch(/Most stations:Moderate.*You can be outside as usual/s);
    expect(await textOf(card.locator(".worst"))).toContain("Hazardous");

    // Another standard and other colours, without asking the server.
    await openMap(page, town.url, near("st-03"));
    await page.reload();
    await stationMarker(page, "st-03").waitFor();
    await card.locator("summary").click();
    await card.locator('select[name="standard"]').selectOption("eaqi-2025");
    await until("the level of the European index", async () => (await labelOf(page, "st-03")) === "4");
    expect(page.url()).toContain("standard=eaqi-2025");
    await card.locator('select[name="standard"]').selectOption("who-2021");
    await card.locator('button[data-average="h24"][aria-pressed="true"]').waitFor();
    expect(await labelOf(page, "st-03")).toBe("–");
    await card.locator('select[name="standard"]').selectOption("us-epa-2024");
    await card.locator('button[data-average="now"]').click();
    await card.locator('.fit-note[data-fit="hint"]').waitFor();
    await card.locator('input[name="safe-colours"]').check();
    await keepScreenshot(page, "air-choice-safe-colours");

    // One tap: sureness, formula, sensor, reasons; and why the numbers differ.
    await stationMarker(page, "st-03").press("Enter");
    await sheet(page).locator(".how-sure summary").click();
    await sheet(page).getByText("Raw, as the sensor said it").waitFor();
    expect(await textOf(sheet(page).locator(".how-sure"))).toMatch(/Sure, 100%.*Raw.*87 µg.*Formula.*Sensor/s);
    await sheet(page).locator(".why-differ summary").click();
    expect(await sheet(page).locator(".why-differ li").count()).toBe(5);
    expect(await textOf(sheet(page).locator(".why-differ"))).toContain("NowCast");
    expect(await textOf(sheet(page).locator(".advice"))).toMatch(/Children and teenagers/);

    // The history: raw beside corrected, doubtful parts, gaps and coverage.
    await page.goto(`${town.url}/#/station/st-02`);
    await sheet(page).locator(".chart-key").waitFor();
    expect(await textOf(sheet(page).locator(".chart-key"))).toMatch(/Corrected.*raw.*doubtful.*no data/s);
    expect(await textOf(sheet(page).locator(".chart-summary"))).toMatch(/mean of 1 minute;.*9\d% of this period/s);
    await sheet(page).locator(".chart canvas").scrollIntoViewIfNeeded();
    await keepScreenshot(page, "air-history");
    await page.goto(`${town.url}/#/station/st-03`);
    await page.locator("#sheet-title").getByText("Shakhtyorov, school 4").waitFor();

    // My home, and a comparison; both survive a reload.
    await sheet(page).getByRole("button", { name: "This is near my home" }).click();
    await sheet(page).getByRole("link", { name: "Compare with others" }).click();
    await sheet(page).locator('select[name="add-station"]').selectOption("st-00");
    await sheet(page).locator(".compared li").nth(1).waitFor();
    await sheet(page).locator(".chart canvas").waitFor();
    expect(page.url()).toContain("#/compare/st-03,st-00");
    await page.reload();
    await sheet(page).locator(".compared li").nth(1).waitFor();
    expect(await textOf(card.locator("h2"))).toContain("Shakhtyorov, school 4");
    await sheet(page).getByRole("button", { name: "Remove Shakhtyorov, school 4" }).click();
    await until("one is left", async () => (await sheet(page).locator(".compared li").count()) === 1);
    expect(complaints).toEqual([]);
    await close();
  });

  it("turns back the time by keyboard and says so, and opens where a link points", async () => {
    const { page, close } = await openVisitor(machine.browser, town.url);
    await openMap(
      page,
      town.url,
      "#/?standard=ru-pdk-2021&pollutant=pm10&average=m20&map=55.1100,61.6200,12.0&lang=ru",
    );

    expect(await page.locator("html").getAttribute("lang")).toBe("ru");
    expect(await textOf(page.locator(".how-shown-text"))).toBe("PM10 · ПДК · 20 мин");
    await page.locator(".time-open").click();
    await page.locator('input[name="moment"]').focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");

    await page.locator('.time-bar[data-past="true"]').waitFor();
    expect(await textOf(page.locator(".time-said"))).toContain("Показано прошлое");
    expect(page.url()).toMatch(/at=\d{4}-\d\d-\d\dT\d\d:[024]0Z/);
    await page.locator(".time-now").click();
    await page.locator(".time-open").waitFor();
    expect(page.url()).not.toContain("at=");
    await close();
  });

  it("shows the last snapshot with its date without a network, and the present again afterwards", async () => {
    const { page, close } = await openVisitor(machine.browser, town.url);
    await openMap(page, town.url);
    await until("the worker has kept the page", () =>
      page.evaluate(async () => {
        const keys = (
          await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()))
        ).flat();
        const paths = keys.map(({ url }) => new URL(url).pathname);
        return (
          paths.includes("/") && paths.includes("/api/v1/stations") && paths.some((path) => path.includes("worker-"))
        );
      }),
    );

    await town.stop();
    await page.reload();
    await page.locator(".banner.snapshot").waitFor();
    expect(await textOf(page.locator(".banner.snapshot"))).toMatch(/No network\. Shown as of .* ago/);
    await page.locator(".now-card .answer").waitFor();
    await keepScreenshot(page, "air-offline");
    await town.start();

    await page.locator('.connection[data-connection="live"]').waitFor();
    await page.locator(".banner.snapshot").waitFor({ state: "detached" });
    await close();
  });
});
