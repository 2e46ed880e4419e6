import type { RecordClass } from "#contract/topics.ts";
import { readQueue } from "./queue-reader.ts";
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

/**
 * Unacknowledged bytes beyond which nothing more is sent: over a link of 10 kB/s they take 26 s, within the keep-alive time
 * of the pings that stand behind them, and no alert waits longer than that behind photos.
 */
const UNDER_WAY_BYTES = 256 * 1024;

/**
 * Sends by class in order of worth and by number within a class, at most `windowSize` unacknowledged (and few bytes of
 * large ones), beginning at the queue's own marks; so after a lost connection whatever was under way is sent again.
 */
export function startSender(
  queue: SendQueue,
  publish: Publish,
  windowSize: number,
  onError: (error: unknown) => void,
): Sender {
  const sending = createSendWindow(windowSize);
  const reader = readQueue(queue);
  const underWay = new Set<number>();
  let underWayBytes = 0;
  let acknowledgements = 0;
  let isStopped = false;
  let isPumping = false;
  let isWoken = false;

  const hasRoom = () => sending.room > 0 && underWayBytes < UNDER_WAY_BYTES;

  function settle(recordClass: RecordClass, seq: number): void {
    const upTo = sending.acknowledged(recordClass, seq);
    if (upTo !== undefined) queue.acknowledge(recordClass, upTo);
  }

  function send(recordClass: RecordClass, { seq, topic, bytes, unsent }: Outgoing): void {
    sending.sent(recordClass, seq);
    if (unsent === "elsewhere") settle(recordClass, seq);
    if (unsent !== undefined) return;
    underWay.add(seq);
    underWayBytes += bytes.length;
    publish(topic, bytes, () => {
      if (isStopped) return;
      underWay.delete(seq);
      underWayBytes -= bytes.length;
      acknowledgements += 1;
      settle(recordClass, seq);
      wake();
    });
  }

  async function pump(): Promise<void> {
    while (isWoken && !isStopped) {
      isWoken = false;
      while (hasRoom() && !isStopped) {
        const found = await reader.next();
        if (found === undefined || isStopped) break;
        send(found.recordClass, found.message);
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
        if (isWoken && !isStopped && hasRoom()) wake();
      });
  }

  const stopListening = queue.onAppended((classes) => {
    reader.note(classes);
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
