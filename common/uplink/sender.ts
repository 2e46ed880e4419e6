import { RECORD_CLASSES, type RecordClass } from "#contract/topics.ts";
import type { Outgoing, SendQueue } from "./send-queue.ts";
import { createSendWindow } from "./send-window.ts";

/** Publishes one message at QoS 1 and calls back when it is acknowledged; never calls back for a broken connection. */
export type Publish = (topic: string, bytes: Uint8Array, onAcknowledged: () => void) => void;

/** Sends a queue over one connection. */
export interface Sender {
  /** Messages that wait for their acknowledgement, in the order in which they were sent. */
  readonly underWay: readonly number[];
  /** Acknowledgements on this connection. */
  readonly acknowledgements: number;
  stop(): void;
}

/** What was read of one class and is not sent yet. */
interface Lane {
  readonly recordClass: RecordClass;
  records: Outgoing[];
  readUpTo: number;
  /** Whether the queue may hold more than was read. */
  mayHoldMore: boolean;
}

const READ_AT_ONCE = 64;

/**
 * Sends by class in order of worth and by number within a class, at most `windowSize` unacknowledged, beginning at the
 * queue's own mark; so after a lost connection whatever was under way is sent again. It reads in small batches, so
 * memory stays flat however much waits.
 */
export function startSender(
  queue: SendQueue,
  publish: Publish,
  windowSize: number,
  onError: (error: unknown) => void,
): Sender {
  const sending = createSendWindow(windowSize);
  const lanes: Lane[] = RECORD_CLASSES.map((recordClass) => ({
    recordClass,
    records: [],
    readUpTo: queue.acknowledged(recordClass),
    mayHoldMore: true,
  }));
  const underWay = new Set<number>();
  let acknowledgements = 0;
  let isStopped = false;
  let isPumping = false;
  let isWoken = false;

  /** Only an empty answer says that there is no more; what is appended during the read is announced. */
  async function readOn(lane: Lane): Promise<void> {
    lane.mayHoldMore = false;
    try {
      lane.records = [...(await queue.read(lane.recordClass, lane.readUpTo, READ_AT_ONCE))];
    } catch (error) {
      lane.mayHoldMore = true;
      throw error;
    }
    lane.readUpTo = lane.records.at(-1)?.seq ?? lane.readUpTo;
    if (lane.records.length > 0) lane.mayHoldMore = true;
  }

  async function next(): Promise<{ lane: Lane; record: Outgoing } | undefined> {
    for (const lane of lanes) {
      if (lane.records.length === 0 && lane.mayHoldMore) await readOn(lane);
      const record = lane.records.shift();
      if (record !== undefined) return { lane, record };
    }
    return undefined;
  }

  function settle(recordClass: RecordClass, seq: number): void {
    const upTo = sending.acknowledged(recordClass, seq);
    if (upTo !== undefined) queue.acknowledge(recordClass, upTo);
  }

  function send({ recordClass }: Lane, { seq, topic, bytes, unsent }: Outgoing): void {
    sending.sent(recordClass, seq);
    if (unsent === "elsewhere") settle(recordClass, seq);
    if (unsent !== undefined) return;
    underWay.add(seq);
    publish(topic, bytes, () => {
      if (isStopped) return;
      underWay.delete(seq);
      acknowledgements += 1;
      settle(recordClass, seq);
      wake();
    });
  }

  async function pump(): Promise<void> {
    while (isWoken && !isStopped) {
      isWoken = false;
      while (sending.room > 0 && !isStopped) {
        const found = await next();
        if (found === undefined || isStopped) break;
        send(found.lane, found.record);
      }
    }
  }

  function wake(): void {
    isWoken = true;
    if (isPumping || isStopped) return;
    isPumping = true;
    pump()
      .catch(onError)
      .finally(() => {
        isPumping = false;
        // Somebody may have knocked between the last look and here.
        if (isWoken && !isStopped && sending.room > 0) wake();
      });
  }

  const stopListening = queue.onAppended((classes) => {
    for (const lane of lanes) if (classes.has(lane.recordClass)) lane.mayHoldMore = true;
    wake();
  });
  wake();
  return {
    get underWay() {
      return [...underWay];
    },
    get acknowledgements() {
      return acknowledgements;
    },
    stop: () => {
      isStopped = true;
      stopListening();
    },
  };
}
