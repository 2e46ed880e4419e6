import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Closer, closeAll } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { until } from "../../support/until.ts";
import { shoot } from "../../system/driver.ts";
import { cpuSecondsOf } from "../gateway/process-usage.ts";
import { percentile } from "../percentile.ts";
import { type BenchDevice, type DeviceKind, layDevice } from "./bench-device.ts";
import { memoryOf, type ProcessMemory } from "./process-memory.ts";

const SETTLE_MS = 10_000;
/** V8 keeps pages that it does not need for 8 s after its last collection. */
const AFTER_PHOTOS_MS = 40_000;
const Status = z.looseObject({ sensors: z.array(z.looseObject({ lastUp: z.number().nullable() })) });

/** What runs now: whoever ends the program early closes it. */
export const running: Closer[] = [];

/** Runs something with a device of its own in a folder of its own. */
export async function withDevice<Result>(
  kind: DeviceKind,
  environment: Readonly<Record<string, string>>,
  work: (device: BenchDevice) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-edge-"));
  running.push({ close: () => rm(folder, { recursive: true, force: true }) });
  try {
    const device = await layDevice(folder, kind, environment);
    running.push(device);
    return await work(device);
  } finally {
    await closeAll(running.splice(0));
  }
}

/** Milliseconds from the start of the process until it is ready, and until every sensor has said something. */
export interface Started {
  readonly readyMs: number;
  readonly firstReadingMs: number;
  readonly cpuS: number;
}

/** Starts a device that reads its sensors ten times a second, without compiled code (`cold`), then again (`warm`). */
export async function measureStart(kind: DeviceKind, environment: Readonly<Record<string, string>>) {
  const cache = await mkdtemp(join(tmpdir(), "dvornik-bench-cache-"));
  const settings = { ...environment, READING_EVERY_S: "0.1", NODE_COMPILE_CACHE: cache };
  try {
    return await withDevice(kind, settings, async ({ program, url }) => {
      const start = async (): Promise<Started> => {
        const startMs = performance.now();
        await program.start();
        const readyMs = performance.now() - startMs;
        await until("every sensor has said something", async () => {
          const { sensors } = Status.parse(await (await fetch(`${url}/status`)).json());
          return sensors.length === 2 && sensors.every(({ lastUp }) => lastUp !== null);
        });
        return { readyMs, firstReadingMs: performance.now() - startMs, cpuS: cpuSecondsOf(program.pid() ?? 0) };
      };
      const cold = await start();
      await program.stop();
      const warm = await start();
      return { cold, warm };
    });
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** A device that does what its profile says and nothing else. */
export interface Idle extends ProcessMemory {
  /** Of one core. */
  readonly cpuPercent: number;
}

/** Watches a started device for so long. */
async function watchIdle({ program }: BenchDevice, forMs: number): Promise<Idle> {
  const pid = program.pid() ?? 0;
  const before = cpuSecondsOf(pid);
  const startMs = performance.now();
  await wait(forMs);
  const cpuPercent = ((cpuSecondsOf(pid) - before) * 100_000) / (performance.now() - startMs);
  return { cpuPercent, ...memoryOf(pid) };
}

/** Started once before, so that what is compiled once is there, as on a device in its second hour. */
export async function measureIdle(
  kind: DeviceKind,
  environment: Readonly<Record<string, string>>,
  forMs: number,
): Promise<Idle> {
  return await withDevice(kind, environment, async (device) => {
    await device.program.start();
    await device.program.stop();
    await device.program.start();
    await wait(SETTLE_MS);
    return await watchIdle(device, forMs);
  });
}

/** What photos cost: memory after them, and how long a shot takes from asking until it is on disk. */
export interface Photos {
  readonly before: ProcessMemory;
  readonly after: ProcessMemory;
  readonly beforeMs: { readonly p50: number; readonly p99: number };
  readonly afterMs: { readonly p50: number; readonly p99: number };
  readonly cpuMsEach: number;
  readonly photos: number;
}

/** Takes photos in pairs, one after the other, each before and after of a site. */
export async function measurePhotos(
  photos: number,
  environment: Readonly<Record<string, string>>,
  onProgress: (taken: number, memory: ProcessMemory) => void,
): Promise<Photos> {
  return await withDevice("truck", environment, async ({ program, url }) => {
    await program.start();
    await program.stop();
    await program.start();
    await wait(SETTLE_MS);
    const pid = program.pid() ?? 0;
    const before = memoryOf(pid);
    const cpuBefore = cpuSecondsOf(pid);
    const took: Record<"before" | "after", number[]> = { before: [], after: [] };
    for (let i = 0; i < photos; i++) {
      const role = i % 2 === 0 ? "before" : "after";
      const startMs = performance.now();
      await shoot(url, `site-${(i >> 1) % 50}`, role);
      took[role].push(performance.now() - startMs);
      if ((i + 1) % 100 === 0) onProgress(i + 1, memoryOf(pid));
    }
    await wait(AFTER_PHOTOS_MS);
    const spread = (ms: readonly number[]) => ({ p50: percentile(ms, 50), p99: percentile(ms, 99) });
    const cpuMsEach = ((cpuSecondsOf(pid) - cpuBefore) * 1000) / photos;
    const [beforeMs, afterMs] = [spread(took.before), spread(took.after)];
    return { before, after: memoryOf(pid), beforeMs, afterMs, cpuMsEach, photos };
  });
}
