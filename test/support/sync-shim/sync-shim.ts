import { execFile } from "node:child_process";
import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Why this machine cannot have a shim, or undefined where it can. */
export const noSyncShim = await whyNot();

async function whyNot(): Promise<string | undefined> {
  if (process.platform !== "linux") return "LD_PRELOAD is for Linux";
  return run("cc", ["--version"]).then(
    () => undefined,
    () => "there is no C compiler (cc)",
  );
}

/** A program's syncs, in the hands of a test. */
export interface SyncShim {
  /** The environment that a program needs from its start on. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on every sync of a file of the program fails with EIO. */
  fail(): Promise<void>;
  /** From now on every sync takes so long. */
  delay(ms: number): Promise<void>;
  /** From now on syncs are what they are. */
  heal(): Promise<void>;
}

/** Compiles the shim into `folder`, for the syncs of files below `under` (made where it is missing). */
export async function buildSyncShim(folder: string, under: string): Promise<SyncShim> {
  await mkdir(under, { recursive: true });
  const library = join(folder, "sync-shim.so");
  const orders = join(folder, "sync-orders");
  await run("cc", ["-shared", "-fPIC", "-O1", "-o", library, join(import.meta.dirname, "sync-shim.c"), "-ldl"]);
  /** Whole at once: a sync in between must not read half an order. */
  const order = async (text: string) => {
    await writeFile(`${orders}.new`, text);
    await rename(`${orders}.new`, orders);
  };
  return {
    env: { LD_PRELOAD: library, SYNC_SHIM_ORDERS: orders, SYNC_SHIM_UNDER: `${await realpath(under)}/` },
    fail: () => order("fail"),
    delay: (ms) => order(String(ms)),
    heal: () => rm(orders, { force: true }),
  };
}
