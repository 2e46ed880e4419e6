import { RECORD_CLASSES, type RecordClass } from "#contract/topics.ts";
import type { Outbox, Outgoing } from "../outbox/outbox.ts";
import { createSendWindow } from "./send-window.ts";

/** Publishes one message at QoS 1 and calls back when it is acknowledged; never calls back for a broken connection. */
export type Publish = (topic: string, bytes: Uint8Array, onAcknowledged: () => void) => void;

/** Sends an outbox over one connection. */
export interface Sender {
  /** Messages that wait for their acknowledgement. */
  readonly inFlight: number;
  /** Acknowledgements on this connection. */
  readonly acknowledgements: number;
  stop(): void;
}

interface Queue {
  readonly recordClass: RecordClass;
  records: Outgoing[];
  readUpTo: number;
  /** Whether the outbox may hold more than was read. */
  mayHoldMore: boolean;
}

const READ_AT_ONCE = 64;

/**
 * Sends by class in order of worth and by number within a class, at most `windowSize` unacknowledged, beginning at the
 * outbox's own mark; so after a lost connection whatever was under way is sent again. It reads in small batches, so
 * memory stays flat however much waits.
 */
export function startSender(
  outbox: Outbox,
  publish: Publish,
  windowSize: number,
  onError: (error: unknown) => void,
): Sender {
  const sending = createSendWindow(windowSize);
  const queues: Queue[] = RECORD_CLASSES.map((recordClass) => ({
    recordClass,
    records: [],
    readUpTo: outbox.acknowledged(recordClass),
    mayHoldMore: true,
  }));
  let acknowledgements = 0;
  let isStopped = false;
  let isPumping = false;
  let isWoken = false;

  /** Only an empty answer says that there is no more; what is appended during the read is announced. */
  async function readOn(queue: Queue): Promise<void> {
    queue.mayHoldMore = false;
    try {
      queue.records = [...(await outbox.read(queue.recordClass, queue.readUpTo, READ_AT_ONCE))];
    } catch (error) {
      queue.mayHoldMore = true;
      throw error;
    }
    queue.readUpTo = queue.records.at(-1)?.seq ?? queue.readUpTo;
    if (queue.records.length > 0) queue.mayHoldMore = true;
  }

  async function next(): Promise<{ queue: Queue; record: Outgoing } | undefined> {
    for (const queue of queues) {
      if (queue.records.length === 0 && queue.mayHoldMore) {
        await readOn(queue);
      }
      const record = queue.records.shift();
      if (record !== undefined) return { queue, record };
    }
    return undefined;
  }

  function send({ recordClass }: Queue, { seq, topic, bytes }: Outgoing): void {
    sending.sent(recordClass, seq);
    publish(topic, bytes, () => {
      if (isStopped) return;
      acknowledgements += 1;
      const upTo = sending.acknowledged(recordClass, seq);
      if (upTo !== undefined) outbox.acknowledge(recordClass, upTo);
      wake();
    });
  }

  async function pump(): Promise<void> {
    while (isWoken && !isStopped) {
      isWoken = false;
      while (sending.room > 0 && !isStopped) {
        const found = await next();
        if (found === undefined || isStopped) break;
        send(found.queue, found.record);
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

  const stopListening = outbox.onAppended((classes) => {
    for (const queue of queues) if (classes.has(queue.recordClass)) queue.mayHoldMore = true;
    wake();
  });
  wake();
  return {
    get inFlight() {
      return sending.inFlight;
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
