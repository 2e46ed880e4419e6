import type { Browser, Page } from "playwright-core";
import { z } from "zod";
import { openMap, openVisitor, type Screen } from "../../real/browser/visitor.ts";
import { percentile } from "../percentile.ts";

const LOOK_EVERY_MS = 100;
const SHOWN_WITHIN_MS = 90_000;

/** Milliseconds from the beginning of the navigation. */
const Seen = z.object({
  /** Two frames after the first mark's picture was made. */
  coloured: z.number(),
  /** All marks are drawn, the map rests, and those in view have their names for readers. */
  named: z.number(),
});

export interface ViewRow {
  readonly screen: Screen;
  readonly throttling: number;
  readonly paintMs: number;
  readonly listMs: number;
  readonly colouredMs: number;
  readonly namedMs: number;
  readonly transferredKb: number;
}

/** Runs in the page before its own scripts: the map's marks are drawn on demand into small canvases that are read back. */
const WATCH = `
  window.benchSeen = {};
  const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
  OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...box) {
    if (!window.benchAsked) {
      window.benchAsked = true;
      requestAnimationFrame(() => requestAnimationFrame(() => { window.benchSeen.coloured = performance.now(); }));
    }
    return read.apply(this, box);
  };
  new MutationObserver((_, observer) => {
    if (document.querySelector(".cluster-marker, .station-marker") === null) return;
    window.benchSeen.named = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
`;
const PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN";
const LIST =
  "performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/api/v1/stations'))?.responseEnd ?? NaN";
const TRANSFERRED =
  "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).reduce((sum, { transferSize }) => sum + transferSize, 0)";

/** The map opened for the first time, in a fresh profile: median of some openings. */
export async function measureView(browser: Browser, url: string, throttling: number, times: number): Promise<ViewRow> {
  const seen: Omit<ViewRow, "screen" | "throttling">[] = [];
  for (let time = 0; time < times; time++) {
    const { page, close } = await openVisitor(browser, url, { screen: "phone" });
    try {
      await page.addInitScript({ content: WATCH });
      await throttle(page, throttling);
      await page.goto(url);
      const { coloured, named } = await seenIn(page);
      const numberOf = async (script: string) =>
        z
          .number()
          .or(z.nan())
          .parse(await page.evaluate(script));
      seen.push({
        paintMs: await numberOf(PAINT),
        listMs: await numberOf(LIST),
        colouredMs: coloured,
        namedMs: named,
        transferredKb: (await numberOf(TRANSFERRED)) / 1000,
      });
    } finally {
      await close();
    }
  }
  const median = (of: (one: (typeof seen)[number]) => number) => percentile(seen.map(of), 50);
  return {
    screen: "phone",
    throttling,
    paintMs: median(({ paintMs }) => paintMs),
    listMs: median(({ listMs }) => listMs),
    colouredMs: median(({ colouredMs }) => colouredMs),
    namedMs: median(({ namedMs }) => namedMs),
    transferredKb: median(({ transferredKb }) => transferredKb),
  };
}

/** Waits for both moments. The page's content policy lets no script of a waiting function in, so it is asked again and again. */
async function seenIn(page: Page): Promise<z.infer<typeof Seen>> {
  const endMs = performance.now() + SHOWN_WITHIN_MS;
  for (;;) {
    const seen = Seen.safeParse(await page.evaluate("window.benchSeen"));
    if (seen.success) return seen.data;
    if (performance.now() > endMs) throw new Error(`no marks within ${SHOWN_WITHIN_MS / 1000} s`);
    await page.waitForTimeout(LOOK_EVERY_MS);
  }
}

export interface PanRow {
  readonly what: string;
  readonly throttling: number;
  readonly frames: number;
  readonly median: number;
  readonly p95: number;
  /** Share of frames that took longer than 50 ms. */
  readonly slow: number;
}

const PAN_MS = 4_000;
const STEP_PX = 6;
const FRAMES = `
  window.benchFrames = [];
  window.benchPanning = true;
  const frame = (at) => {
    window.benchFrames.push(at);
    if (window.benchPanning) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
`;

/** Drags the map to and fro with the mouse; `hash` says where it looks. */
export async function measurePan(
  browser: Browser,
  url: string,
  { what, hash, throttling }: { readonly what: string; readonly hash: string; readonly throttling: number },
): Promise<PanRow> {
  const { page, close } = await openVisitor(browser, url, { screen: "desktop" });
  try {
    // Where nothing is in view there is no mark to wait for: the map opens where there are some, and is led away.
    await openMap(page, url);
    await page.goto(new URL(`/${hash}`, url).href);
    await page.reload();
    await page.locator('.map-holder[data-drawn="true"]').waitFor();
    await page.waitForTimeout(3_000);
    await throttle(page, throttling);
    const { x, y } = { x: 900, y: 450 };
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.evaluate(FRAMES);
    const endMs = performance.now() + PAN_MS;
    for (let step = 1; performance.now() < endMs; step++) {
      // A triangle wave: 60 steps one way, 60 back.
      const way = Math.abs(((step + 60) % 120) - 60);
      await page.mouse.move(x - way * STEP_PX, y + way);
      await page.waitForTimeout(10);
    }
    await page.evaluate("window.benchPanning = false");
    await page.mouse.up();
    const at = z.array(z.number()).parse(await page.evaluate("window.benchFrames"));
    const took = at.slice(1).map((moment, i) => moment - (at[i] ?? moment));
    const slow = took.filter((ms) => ms > 50).length / Math.max(1, took.length);
    return { what, throttling, frames: took.length, median: percentile(took, 50), p95: percentile(took, 95), slow };
  } finally {
    await close();
  }
}

async function throttle(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}
