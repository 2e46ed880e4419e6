import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import type { ConsumedMessage } from "#mqtt/consumer-client.ts";

/** A batch ends at this many messages, where not said otherwise, or bytes, whichever comes first. */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** With this much waiting in memory no more is read from the gateway; with half of it reading goes on. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** How long the first message of a batch waits for company: the sync that follows costs more than that. */
const LINGER_MS = 3;

/** What a loop does with what it gathers. Both must not resolve before the work is on disk. */
export interface BatchWork {
  /** Stores a batch; the loop acknowledges it afterwards. Resolves to false when it gave up because of a close. */
  readonly store: (batch: readonly ConsumedMessage[]) => Promise<boolean>;
  /** Runs between two batches whenever it was asked for. */
  readonly between: () => Promise<void>;
  readonly onAcknowledged: (messages: number) => void;
  /** Says when too much waits here, and when there is room again. */
  readonly onFull: (isFull: boolean) => void;
  /** Messages of a batch; 1,000 if not said. */
  readonly maxMessages?: number;
  /** Batches that `store` has at a time, one if not said: with two the next is prepared while the store writes the first. */
  readonly maxInHand?: number;
}

/** Gathers deliveries into batches, few in hand at a time. */
export interface BatchLoop extends Closer {
  push(message: ConsumedMessage): void;
  /** The connection is gone: what is not in hand yet will be delivered again. */
  forget(): void;
  /** Asks for a run of `between`. */
  interrupt(): void;
}

/** Starts a loop; `close` waits for what is in hand and leaves the rest unacknowledged. */
export function startBatchLoop(work: BatchWork): BatchLoop {
  const { store, between, onAcknowledged, onFull, maxMessages = MAX_MESSAGES, maxInHand = 1 } = work;
  const inHand = new Set<Promise<void>>();
  const closing = new AbortController();
  let queue: ConsumedMessage[] = [];
  let waitingBytes = 0;
  let isFull = false;
  let isInterrupted = false;
  let wake = Promise.withResolvers<void>();

  const weigh = (bytes: number) => {
    waitingBytes = bytes;
    const isTooMuch = waitingBytes > (isFull ? MAX_WAITING_BYTES / 2 : MAX_WAITING_BYTES);
    if (isTooMuch === isFull) return;
    isFull = isTooMuch;
    onFull(isFull);
  };
  const run = async () => {
    while (!closing.signal.aborted) {
      if (isInterrupted) {
        isInterrupted = false;
        await Promise.all(inHand);
        await between();
      }
      if (queue.length === 0) {
        if (!isInterrupted) await wake.promise;
        wake = Promise.withResolvers<void>();
        continue;
      }
      if (queue.length < maxMessages) await wait(LINGER_MS, closing.signal);
      const batch = takeBatch(queue, maxMessages);
      queue = queue.slice(batch.length);
      weigh(waitingBytes - bytesOf(batch));
      if (batch.length === 0 || closing.signal.aborted) continue;
      const storing = storeBatch(batch).finally(() => inHand.delete(storing));
      inHand.add(storing);
      if (inHand.size >= maxInHand) await Promise.race(inHand);
    }
    await Promise.all(inHand);
  };
  const storeBatch = async (batch: readonly ConsumedMessage[]) => {
    if (!(await store(batch))) return;
    for (const message of batch) message.acknowledge();
    onAcknowledged(batch.length);
  };
  const running = run();
  return {
    push: (message) => {
      queue.push(message);
      weigh(waitingBytes + message.payload.length);
      wake.resolve();
    },
    forget: () => {
      queue = [];
      weigh(0);
    },
    interrupt: () => {
      isInterrupted = true;
      wake.resolve();
    },
    close: async () => {
      closing.abort();
      wake.resolve();
      await running;
    },
  };
}

const bytesOf = (messages: readonly ConsumedMessage[]) =>
  messages.reduce((sum, { payload }) => sum + payload.length, 0);

function takeBatch(queue: readonly ConsumedMessage[], maxMessages: number): readonly ConsumedMessage[] {
  let bytes = 0;
  const end = queue.findIndex(({ payload }, i) => {
    bytes += payload.length;
    return i === maxMessages || (i > 0 && bytes > MAX_BYTES);
  });
  return end < 0 ? queue : queue.slice(0, end);
}
