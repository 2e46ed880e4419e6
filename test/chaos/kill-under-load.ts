import { type Closer, closeAll } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import type { Killable } from "./brokers.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { type Pace, startConsumer, startPublisher } from "./load.ts";

/** When to kill: as many times as there are waits, each so long after everything was up again. */
export interface Schedule {
  readonly waitsMs: readonly number[];
  readonly pace: Pace;
}

/** What came of it. */
export interface ChaosResult {
  readonly broker: string;
  readonly kills: number;
  /** Of them, those that came while the consumer was away. */
  readonly killsWhileAway: number;
  readonly published: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Never acknowledged, although the publishers went on asking. */
  readonly unacknowledged: number;
  /** Mean time from the kill until it takes connections again. */
  readonly restartMs: number;
}

const FINISH_MS = 20_000;
/** Nothing more has come for so long: nothing more will. */
const QUIET_MS = 3_000;

/**
 * Kills brokers under the same load at the same moments, starts them again, lets everything come to rest, and counts.
 *
 * The consumer of each leaves half-way to every odd kill and comes back half-way to every even one.
 */
export async function killUnderLoad(
  brokers: readonly Killable[],
  { waitsMs, pace }: Schedule,
  say: (line: string) => void,
): Promise<readonly ChaosResult[]> {
  await Promise.all(brokers.map((broker) => broker.start()));
  const loads = brokers.map((broker) => loadOf(broker, pace));
  let killsWhileAway = 0;
  try {
    for (const [at, waitMs] of waitsMs.entries()) {
      await wait(waitMs / 2);
      const isAway = at % 2 === 1;
      killsWhileAway += isAway ? 1 : 0;
      await Promise.all(loads.map((load) => (isAway ? load.leave() : load.come())));
      await wait(waitMs / 2);
      await Promise.all(loads.map((load) => load.killAndRestart()));
      say(`kill ${at + 1} of ${waitsMs.length}, the consumer ${isAway ? "away" : "there"}`);
    }
    await Promise.all(loads.map((load) => load.rest()));
    return loads.map((load) => ({ ...load.result(), kills: waitsMs.length, killsWhileAway }));
  } finally {
    await closeAll(loads);
  }
}

function loadOf(broker: Killable, pace: Pace) {
  const ledger = openLedger(broker.publishers.length);
  const publishers = broker.publishers.map((_, i) => startPublisher(broker, i, ledger, pace));
  const unacknowledged = () => publishers.reduce((sum, publisher) => sum + publisher.unacknowledged, 0);
  let consumer: Closer | undefined = startConsumer(broker, ledger);
  const restartsMs: number[] = [];
  return {
    leave: async () => {
      await consumer?.close();
      consumer = undefined;
    },
    come: async () => {
      consumer ??= startConsumer(broker, ledger);
    },
    killAndRestart: async () => {
      const startMs = performance.now();
      await broker.kill();
      await broker.start();
      restartsMs.push(performance.now() - startMs);
    },
    rest: async () => {
      consumer ??= startConsumer(broker, ledger);
      for (const publisher of publishers) publisher.finish();
      await untilQuiet(ledger, unacknowledged);
    },
    result: () => {
      const { published, acknowledged, delivered, lost, duplicated } = ledger;
      const counts = { published, acknowledged, delivered, lost, duplicated, unacknowledged: unacknowledged() };
      const restartMs = Math.round(restartsMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, restartsMs.length));
      return { broker: broker.name, ...counts, restartMs };
    },
    close: () => closeAll([{ close: broker.kill }, ...publishers, ...(consumer === undefined ? [] : [consumer])]),
  };
}

async function untilQuiet(ledger: Ledger, unacknowledged: () => number): Promise<void> {
  const end = performance.now() + FINISH_MS;
  let seen = -1;
  let quietSinceMs = performance.now();
  while (performance.now() < end) {
    await wait(100);
    const news = ledger.delivered + ledger.duplicated;
    if (news !== seen) quietSinceMs = performance.now();
    seen = news;
    const quietMs = performance.now() - quietSinceMs;
    if (quietMs > QUIET_MS && unacknowledged() === 0) return;
  }
}
