import { closeAll } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import type { Killable } from "./brokers.ts";
import type { Pace } from "./load.ts";
import { type Counts, loadOf } from "./under-load.ts";

/** When to kill: as many times as there are waits, each so long after everything was up again. */
export interface Schedule {
  readonly waitsMs: readonly number[];
  readonly pace: Pace;
}

/** What came of it. */
export interface KillResult extends Counts {
  readonly broker: string;
  readonly kills: number;
  /** Of them, those that came while the consumer was away. */
  readonly killsWhileAway: number;
  /** Mean time from the kill until it takes connections again. */
  readonly restartMs: number;
}

/**
 * Kills brokers under the same load at the same moments, starts them again, lets everything come to rest, and counts.
 *
 * The consumer of each leaves half-way to every odd kill and comes back half-way to every even one.
 */
export async function killUnderLoad(
  brokers: readonly Killable[],
  { waitsMs, pace }: Schedule,
  say: (line: string) => void,
): Promise<readonly KillResult[]> {
  await Promise.all(brokers.map((broker) => broker.start()));
  const loads = brokers.map((broker) => ({ ...loadOf(broker, pace), broker, restartsMs: [] as number[] }));
  let killsWhileAway = 0;
  try {
    for (const [at, waitMs] of waitsMs.entries()) {
      await wait(waitMs / 2);
      const isAway = at % 2 === 1;
      killsWhileAway += isAway ? 1 : 0;
      await Promise.all(loads.map((load) => (isAway ? load.leave() : load.come())));
      await wait(waitMs / 2);
      await Promise.all(loads.map(async ({ broker, restartsMs }) => restartsMs.push(await killAndRestart(broker))));
      say(`kill ${at + 1} of ${waitsMs.length}, the consumer ${isAway ? "away" : "there"}`);
    }
    await Promise.all(loads.map((load) => load.rest()));
    return loads.map(({ broker, counts, restartsMs }) => ({
      broker: broker.name,
      kills: waitsMs.length,
      killsWhileAway,
      ...counts(),
      restartMs: Math.round(restartsMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, restartsMs.length)),
    }));
  } finally {
    await closeAll(loads);
  }
}

async function killAndRestart(broker: Killable): Promise<number> {
  const startMs = performance.now();
  await broker.kill();
  await broker.start();
  return performance.now() - startMs;
}
