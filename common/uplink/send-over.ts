import type { Clock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { LinkConnection, LinkWork } from "./kept-link.ts";
import type { SendQueue } from "./send-queue.ts";
import { type Publish, type Sender, startSender } from "./sender.ts";

/** How a queue is sent over one connection. */
export interface SendOverOptions {
  readonly queue: SendQueue;
  readonly windowSize: number;
  readonly clock: Clock;
  readonly onAcknowledged?: () => void;
  /** The queue cannot be read, and the connection is ended for it. */
  readonly onUnreadable?: (error: unknown) => void;
}

/** The sending of a queue over one connection. */
export interface SendingWork extends LinkWork {
  /** The numbers that wait for their acknowledgement, in the order in which they were sent. */
  readonly underWay: readonly number[];
  readonly acknowledgements: number;
}

/** A broker that answers pings but acknowledges nothing for this long is as good as gone. */
const ACKNOWLEDGE_TIMEOUT_MS = 60_000;

/** Sends a queue at QoS 1 over a connection until that ends; whatever was under way then is sent again over the next. */
export function sendOver(connection: LinkConnection, options: SendOverOptions): SendingWork {
  const { queue, windowSize, clock, onAcknowledged, onUnreadable } = options;
  const publish = publishAt(connection, onAcknowledged);
  const sender = startSender(queue, publish, windowSize, (error) => {
    onUnreadable?.(error);
    connection.end("outbox-unreadable", messageOf(error));
  });
  const watch = watchAcknowledgements(sender, clock, () =>
    connection.end("broker-silent", "the broker acknowledges nothing"),
  );
  return {
    get underWay() {
      return sender.underWay;
    },
    get acknowledgements() {
      return sender.acknowledgements;
    },
    isUseful: () => sender.acknowledgements > 0,
    close: async () => {
      sender.stop();
      await watch.close();
    },
  };
}

function publishAt({ client, end }: LinkConnection, onEach: (() => void) | undefined): Publish {
  return (topic, bytes, onAcknowledged) => {
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    client.publish(topic, payload, { qos: 1 }, (error) => {
      if (error === undefined || error === null) {
        onAcknowledged();
        onEach?.();
      } else end("broker-lost", messageOf(error));
    });
  };
}

function watchAcknowledgements(sender: Sender, clock: Clock, onSilent: () => void) {
  let last = -1;
  let sinceMs = clock.monotonicMs();
  return every(
    ACKNOWLEDGE_TIMEOUT_MS / 12,
    async () => {
      if (sender.underWay.length === 0 || sender.acknowledgements !== last) {
        last = sender.acknowledgements;
        sinceMs = clock.monotonicMs();
      } else if (clock.monotonicMs() - sinceMs > ACKNOWLEDGE_TIMEOUT_MS) onSilent();
    },
    onSilent,
  );
}
