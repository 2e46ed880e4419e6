import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}

/** Screens that the pages are looked at on. */
export const screens = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  tablet: { viewport: { width: 820, height: 1180 }, deviceScaleFactor: 1, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 },
} as const;
export type Screen = keyof typeof screens;
export type Language = "ru" | "en";

/** One person with one window, and what went on in it that nobody should see. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Addresses outside the visited host that the page asked for. */
  readonly foreignRequests: readonly string[];
  /** Uncaught errors and violations of the content policy. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

const LOCALES = { ru: "ru-RU", en: "en-GB" } as const;

/** Opens a window in a profile of its own; `url` is the host that the page may ask. */
export async function openVisitor(
  browser: Browser,
  url: string,
  { screen = "desktop", language = "en" }: { screen?: Screen; language?: Language } = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    ...screens[screen],
    locale: LOCALES[language],
    timezoneId: "Asia/Yekaterinburg",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const foreignRequests: string[] = [];
  const complaints: string[] = [];
  const host = new URL(url).host;
  context.on("request", (request) => {
    const asked = new URL(request.url());
    const isLocal = asked.protocol === "blob:" || asked.protocol === "data:";
    if (!isLocal && asked.host !== host) foreignRequests.push(request.url());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && /content security policy/i.test(message.text())) complaints.push(message.text());
  });
  return { page, context, foreignRequests, complaints, close: () => context.close() };
}

/** All text of an element. */
export const textOf = async (element: Locator): Promise<string> => (await element.textContent()) ?? "";

/** Opens the public map and waits until it is drawn with its places. */
export async function openMap(page: Page, url: string, hash = ""): Promise<void> {
  await page.goto(new URL(`/${hash}`, url).href);
  await page.locator('.map-holder[data-drawn="true"]').waitFor();
  await page.locator(".place").first().waitFor();
}

/** The label that the map draws on a station. */
export const labelOf = (page: Page, id: string): Promise<string | null> =>
  stationMarker(page, id).getAttribute("data-label");

/** The button over a station's mark. */
export const stationMarker = (page: Page, id: string): Locator => page.locator(`.station-marker[data-id="${id}"]`);

/** The button over a site's mark. */
export const siteMarker = (page: Page, id: string): Locator => page.locator(`.site-marker[data-id="${id}"]`);

/** The sheet that lies over the map. */
export const sheet = (page: Page): Locator => page.locator(".sheet");

/** Opens the desk and signs in with the administrator's token. */
export async function openDesk(page: Page, url: string, token: string): Promise<void> {
  await page.goto(new URL("/desk", url).href);
  await page.locator("input[name=token]").fill(token);
  await page.locator("form.sign-in button[type=submit]").click();
  await page.locator('.desk-page[data-session="in"] .list-head').waitFor();
}

/** The card of an alert at the desk. */
export const alertCard = (page: Page, id: string): Locator => page.locator(`.alert[data-id="${id}"]`);

/** Acknowledges an alert; at the first time the desk asks for the name. */
export async function acknowledge(page: Page, id: string, name: string): Promise<void> {
  await alertCard(page, id).locator(".acknowledge").click();
  const question = page.locator(".name-dialog");
  const done = alertCard(page, id).locator(".acknowledged");
  await question.or(done).first().waitFor();
  if (await question.isVisible()) {
    await question.locator("input[name=name]").fill(name);
    await question.locator("button[type=submit]").click();
  }
  await done.waitFor();
}

/** The faults that axe-core finds by WCAG 2.2 AA, each with where it is. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary ?? ""}`),
    );
  });
  return found;
}

const SCREENSHOTS = "test-artifacts/screenshots";

/** Keeps a picture of the window for a person to look at. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  // Photos and the chart come a moment after their place.
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

/** Whether a page is wider than its window. */
export async function hasSidewaysScroll(page: Page): Promise<boolean> {
  return await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
