import { open } from "node:fs/promises";
import { join } from "node:path";
import { percentile } from "../percentile.ts";

const TIMES = 101;
/** About a hundred messages of the load, as one group commit writes them. */
const BYTES = 25_000;

/** Median time of an fdatasync after an appended write, in a folder: what durability costs on this disk at least. */
export async function medianSyncMs(folder: string): Promise<number> {
  const file = await open(join(folder, "sync-probe"), "a");
  const bytes = Buffer.alloc(BYTES, "x");
  const tookMs: number[] = [];
  try {
    for (let time = 0; time < TIMES; time++) {
      await file.write(bytes);
      const startMs = performance.now();
      await file.datasync();
      tookMs.push(performance.now() - startMs);
    }
  } finally {
    await file.close();
  }
  return percentile(tookMs, 50);
}
