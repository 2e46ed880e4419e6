import { existsSync } from "node:fs";
import { env, getuid, stdout } from "node:process";
import { type Browser, chromium } from "playwright-core";
import type { Closer } from "../../../common/kit/closer.ts";

/** Where a machine usually has its Chromium. */
const USUAL_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const HOW_TO_GET_ONE =
  "no Chromium was found: install one (Debian: apt-get install chromium) or set CHROMIUM_PATH to its executable";

/** Quiet, without calls home, and with WebGL drawn in software. */
const ARGS = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  ...(getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** The Chromium that the npm registry has; it is for Linux on x64 only and is unpacked into the temporary folder. */
async function chromiumFromNpm(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const { default: packed } = await import("@sparticuz/chromium");
  return await packed.executablePath();
}

async function findChromium(): Promise<string | undefined> {
  const named = env.CHROMIUM_PATH;
  if (named !== undefined && named !== "") {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist`);
    return named;
  }
  return USUAL_PATHS.find((path) => existsSync(path)) ?? (await chromiumFromNpm());
}

/**
 * The Chromium of this machine, or undefined after a line that says how to get one; a test then skips itself.
 *
 * With `CI` set it throws instead: browser tests are never skipped there.
 */
export async function chromiumOrSkip(): Promise<string | undefined> {
  const path = await findChromium();
  if (path !== undefined) return path;
  if (env.CI !== undefined && env.CI !== "" && env.CI !== "false") throw new Error(HOW_TO_GET_ONE);
  stdout.write(`browser tests skipped: ${HOW_TO_GET_ONE}\n`);
  return undefined;
}

/** A headless Chromium with a fresh profile of its own. */
export interface TestBrowser extends Closer {
  readonly browser: Browser;
}

/** Starts Chromium; `path` is what `chromiumOrSkip` gave. */
export async function startBrowser(path: string | undefined): Promise<TestBrowser> {
  if (path === undefined) throw new Error(HOW_TO_GET_ONE);
  // Playwright makes a temporary profile for each start and removes it afterwards.
  const browser = await chromium.launch({ executablePath: path, headless: true, args: ARGS });
  return { browser, close: () => browser.close() };
}
