import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge, type TestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";
import { chromiumOrSkip, startBrowser, type TestBrowser } from "./start-browser.ts";
import { accessibilityFaults, hasSidewaysScroll, keepScreenshot, openVisitor, textOf } from "./visitor.ts";

const chromium = await chromiumOrSkip();

/** A truck whose sensor is not plugged in and whose broker is away, with a camera and a climate sensor that are well. */
async function startAilingTruck(): Promise<TestEdge> {
  const folder = await tempFolder();
  const [photos, climate] = [join(folder, "photos"), join(folder, "iio", "iio:device0")];
  await mkdir(photos);
  await mkdir(climate, { recursive: true });
  await writeFile(join(photos, "1.jpg"), await drawSite({ seed: 1, state: "clean" }));
  for (const [name, text] of [
    ["name", "bme280"],
    ["in_temp_input", "-28000"],
  ] as const) {
    await writeFile(join(climate, name), `${text}\n`);
  }
  return await startTestEdge({
    folder,
    device: "truck-17",
    brokerUrl: `mqtt://127.0.0.1:${await freePort()}`,
    settings: {
      CAMERA_FOLDER: photos,
      SDS011: "serial:/dev/no-such-line",
      IIO_DIR: join(folder, "iio"),
      CLOCK: "none",
      READING_EVERY_S: "0.5",
    },
  });
}

/** The least contrast of text on its ground in the whole page, by WCAG 2.2, 1.4.3. */
async function leastContrast(page: Page): Promise<{ ratio: number; of: string }> {
  return await page.evaluate(() => {
    const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([r = 0, g = 0, b = 0]: number[]) => {
      const linear = [r, g, b].map((one) =>
        one / 255 <= 0.03928 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
    };
    const groundOf = (element: Element | null): number[] => {
      const ground = element === null ? [255, 255, 255] : channels(getComputedStyle(element).backgroundColor);
      return ground[3] === 0 ? groundOf(element?.parentElement ?? null) : ground;
    };
    let least = { ratio: Infinity, of: "" };
    for (const element of document.querySelectorAll("body *")) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? "").trim() !== "");
      if (!own || element.closest("[hidden], noscript") !== null) continue;
      const [text, ground] = [luminance(channels(getComputedStyle(element).color)), luminance(groundOf(element))];
      const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
      if (ratio < least.ratio) least = { ratio, of: element.textContent ?? "" };
    }
    return least;
  });
}

describe.skipIf(chromium === undefined)("the status page of a device", () => {
  let machine: TestBrowser;
  beforeAll(async () => {
    machine = await startBrowser(chromium);
  });
  afterAll(() => machine?.close());

  const state = (page: Page, part: string) => page.locator(`[data-part="${part}"]`);

  it("says in words and in both languages what is well, what is not and what to do, on each screen", {
    timeout: 180_000,
  }, async () => {
    const edge = await startAilingTruck();
    await until("the broker is known to be away", async () => {
      const { findings } = await (await fetch(`${edge.url}/findings`)).json();
      return JSON.stringify(findings).includes("sensor-lost");
    });
    for (const screen of ["phone", "desktop"] as const) {
      for (const language of ["ru", "en"] as const) {
        for (const colorScheme of ["light", "dark"] as const) {
          const { page, close, foreignRequests, complaints } = await openVisitor(machine.browser, edge.url, {
            screen,
            language,
          });
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await page.goto(edge.url);
          await keepScreenshot(page, `device-status-${screen}-${language}-${colorScheme}`);

          expect(new URL(page.url()).pathname).toBe("/status-page");
          expect(await page.locator("html").getAttribute("lang")).toBe(language);
          const lost = await textOf(state(page, "sensor sds011"));
          expect(lost).toMatch(
            language === "ru" ? /неполадка.*Что сделать: проверьте кабель/s : /trouble.*What to do: check its cable/s,
          );
          expect(await textOf(state(page, "disk"))).toMatch(language === "ru" ? /в порядке/ : /well/);
          expect(await hasSidewaysScroll(page)).toBe(false);
          if (colorScheme === "light") expect(await accessibilityFaults(page)).toEqual([]);
          const { ratio, of } = await leastContrast(page);
          expect(ratio, of).toBeGreaterThanOrEqual(4.5);
          expect(foreignRequests).toEqual([]);
          expect(complaints).toEqual([]);
          await close();
        }
      }
    }
  });

  it("can be read aloud and used with the keyboard alone", { timeout: 120_000 }, async () => {
    const edge = await startAilingTruck();
    const { page, close } = await openVisitor(machine.browser, edge.url, { screen: "phone", language: "ru" });
    await page.goto(edge.url);

    const tree = await page.locator("body").ariaSnapshot();
    expect(tree).toMatch(/banner:[\s\S]*heading "demo:truck-17" \[level=1\]/);
    expect(tree).toMatch(/navigation "Язык":[\s\S]*link "English"/);
    expect(tree).toMatch(/status: .*неполадк/);
    expect(tree).toMatch(/main:[\s\S]*region "Нужен человек":[\s\S]*heading "датчик sds011" \[level=3\]/);
    expect(tree).not.toMatch(/✕|✓/);

    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/lang=en/);
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    await close();
  });

  it("refreshes itself and lives through a restart of the program", { timeout: 180_000 }, async () => {
    const edge = await startAilingTruck();
    const { page, close } = await openVisitor(machine.browser, edge.url, { screen: "desktop", language: "en" });
    await page.goto(edge.url);
    const away = page.locator("#away");
    await state(page, "runs").getByText("the first start").waitFor();

    await edge.kill();
    await away.waitFor({ state: "visible" });
    await keepScreenshot(page, "device-status-away");
    await edge.start();
    await away.waitFor({ state: "hidden" });

    await state(page, "runs").getByText("the last run was killed").waitFor();
    await close();
  });

  it("says the same without its script", { timeout: 120_000 }, async () => {
    const edge = await startAilingTruck();
    const context = await machine.browser.newContext({ javaScriptEnabled: false, locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(edge.url);

    expect(await textOf(state(page, "clock"))).toMatch(/the time is unknown.*What to do:/s);
    await context.close();
  });
});
