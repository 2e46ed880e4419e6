import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN } from "../../support/http-fixture.ts";
import { type PagesTown, startPagesTown } from "./pages-town.ts";
import { chromiumOrSkip, startBrowser, type TestBrowser } from "./start-browser.ts";
import {
  accessibilityFaults,
  acknowledge,
  hasSidewaysScroll,
  keepScreenshot,
  type Language,
  openDesk,
  openMap,
  openVisitor,
  type Screen,
  sheet,
} from "./visitor.ts";

const chromium = await chromiumOrSkip();

describe.skipIf(chromium === undefined)("the pages on each screen and in each language", () => {
  let town: PagesTown;
  let machine: TestBrowser;
  beforeAll(async () => {
    town = await startPagesTown();
    machine = await startBrowser(chromium);
  });
  afterAll(async () => {
    await machine?.close();
    await town?.close();
  });

  const looks: readonly { screen: Screen; language: Language }[] = [
    { screen: "phone", language: "ru" },
    { screen: "phone", language: "en" },
    // Russian words are the longer ones: where they fit, English ones do.
    { screen: "tablet", language: "ru" },
    { screen: "desktop", language: "ru" },
    { screen: "desktop", language: "en" },
  ];

  it.each(looks)("fit on a $screen in $language", { timeout: 120_000 }, async ({ screen, language }) => {
    const { page, close, foreignRequests, complaints } = await openVisitor(machine.browser, town.url, {
      screen,
      language,
    });
    const look = async (name: string): Promise<void> => {
      await keepScreenshot(page, `${name}-${screen}-${language}`);
      expect(await hasSidewaysScroll(page), `${name} scrolls sideways`).toBe(false);
    };

    const isAccessible = async (name: string): Promise<void> => {
      if (screen !== "tablet") expect(await accessibilityFaults(page), name).toEqual([]);
    };

    town.reset();
    await openMap(page, town.url);
    expect(await page.locator("html").getAttribute("lang")).toBe(language);
    await look("map");
    await isAccessible("map");
    await page.locator(".how-shown summary").click();
    await look("map-choice");
    await page.goto(`${town.url}/#/legend`);
    await sheet(page).locator(".scale li").first().waitFor();
    await look("legend");

    await page.goto(`${town.url}/#/station/st-03`);
    await sheet(page).locator(".chart canvas").waitFor();
    expect(await sheet(page).locator(".facts").last().textContent()).toContain("± 5");
    await look("station");
    await isAccessible("station");
    await page.goto(`${town.url}/#/site/site-001`);
    await sheet(page).locator(".photo img").nth(1).waitFor();
    expect(await sheet(page).locator(".photo-time").first().textContent()).toContain("± 3");
    await look("site");
    await page.goto(`${town.url}/#/list`);
    await sheet(page).locator(".row").first().waitFor();
    await look("list");
    await isAccessible("list");

    await page.goto(`${town.url}/desk`);
    await page.locator("form.sign-in").waitFor();
    await look("desk-sign-in");
    await openDesk(page, town.url, ADMIN_TOKEN);
    const last = town.fixture.state.alerts.at(-1)?.id ?? "";
    await acknowledge(page, last, language === "ru" ? "Анна Петрова" : "Anna Petrova");
    await page.evaluate(() => window.scrollTo(0, 0));
    await look("desk");
    await isAccessible("desk");

    expect(foreignRequests).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
