import { type Closer, closeAll } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import type { Killable } from "./brokers.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { type Pace, startConsumer, startPublisher } from "./load.ts";

/** What became of the messages of one broker. */
export interface Counts {
  readonly published: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Never acknowledged, although the publishers went on asking. */
  readonly unacknowledged: number;
}

/** All publishers and the one consumer of a broker; `close` kills the broker as well. */
export interface Load extends Closer {
  /** The consumer goes away, or comes back. */
  leave(): Promise<void>;
  come(): void;
  /** Nothing new is published; what was is asked for until it is acknowledged, and what is there is delivered. */
  rest(): Promise<void>;
  counts(): Counts;
}

const FINISH_MS = 60_000;
/** Nothing more has come for so long: nothing more will. */
const QUIET_MS = 3_000;

/** Starts the load of a broker, its consumer there. */
export function loadOf(broker: Killable, pace: Pace): Load {
  const ledger = openLedger(broker.publishers.length);
  const publishers = broker.publishers.map((_, i) => startPublisher(broker, i, ledger, pace));
  const unacknowledged = () => publishers.reduce((sum, publisher) => sum + publisher.unacknowledged, 0);
  let consumer: Closer | undefined = startConsumer(broker, ledger);
  const come = () => {
    consumer ??= startConsumer(broker, ledger);
  };
  return {
    leave: async () => {
      await consumer?.close();
      consumer = undefined;
    },
    come,
    rest: async () => {
      come();
      for (const publisher of publishers) publisher.finish();
      await untilQuiet(ledger, unacknowledged);
    },
    counts: () => {
      const { published, acknowledged, delivered, lost, duplicated } = ledger;
      return { published, acknowledged, delivered, lost, duplicated, unacknowledged: unacknowledged() };
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
