import { generate } from "mqtt-packet";
import type { Closer } from "#kit/closer.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { messageIdOf, parsePublish, pubackPackets, publishPacket } from "#mqtt/publish.ts";
import type { Killable } from "./brokers.ts";
import type { Ledger } from "./ledger.ts";
import { keepConnected } from "./link.ts";

/** A device that publishes at QoS 1 and sends again, after each reconnect, what was not acknowledged. */
export interface Publisher extends Closer {
  /** Nothing new from here on; what is on the way is still sent until it is acknowledged. */
  finish(): void;
  readonly unacknowledged: number;
}

/** How much a publisher sends. */
export interface Pace {
  readonly perSecond: number;
  readonly window: number;
  readonly payloadBytes: number;
}

const TICK_MS = 10;
const MAX_ID = 65_535;

/** Starts one publisher of a broker. */
export function startPublisher(broker: Killable, index: number, ledger: Ledger, pace: Pace): Publisher {
  const account = broker.publishers[index];
  if (account === undefined) throw new RangeError(`no publisher ${index}`);
  const { login, topic } = account;
  const waiting = new Map<number, { readonly seq: number; readonly payload: Buffer }>();
  let owed = 0;
  let isFinished = false;
  let isConnected = false;
  const link = keepConnected({
    port: broker.port,
    login,
    clean: true,
    onAccepted: () => {
      isConnected = true;
      for (const [messageId, { payload }] of waiting) {
        link.write(publishPacket({ topic, messageId, payload, dup: true }));
      }
    },
    onFrame: (frame) => {
      if (frame.type !== PACKET.puback) return;
      const messageId = messageIdOf(frame);
      const acknowledged = waiting.get(messageId);
      if (acknowledged === undefined) return;
      waiting.delete(messageId);
      ledger.acknowledge(index, acknowledged.seq);
    },
  });
  const ticking = setInterval(() => {
    owed = Math.min(owed + (pace.perSecond * TICK_MS) / 1000, pace.window);
    while (isConnected && !isFinished && owed >= 1 && waiting.size < pace.window) {
      const seq = ledger.publish(index);
      const payload = Buffer.alloc(pace.payloadBytes, ".");
      payload.write(`${index} ${seq} `);
      const messageId = (seq % MAX_ID) + 1;
      waiting.set(messageId, { seq, payload });
      owed -= 1;
      link.write(publishPacket({ topic, messageId, payload, dup: false }));
    }
  }, TICK_MS);
  return {
    finish: () => {
      isFinished = true;
    },
    get unacknowledged() {
      return waiting.size;
    },
    close: async () => {
      clearInterval(ticking);
      await link.close();
    },
  };
}

/** Connects the broker's one consumer: it acknowledges each delivery once it is in the ledger. */
export function startConsumer({ port, consumer }: Killable, ledger: Ledger): Closer {
  const { login, filter, clean } = consumer;
  const link = keepConnected({
    port,
    login,
    clean,
    onAccepted: () =>
      link.write(generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] })),
    onFrame: (frame) => {
      if (frame.type !== PACKET.publish) return;
      const { payload, messageId, qos } = parsePublish(frame);
      const [publisher, seq] = payload.toString("latin1", 0, 24).split(" ").map(Number);
      ledger.deliver(publisher ?? -1, seq ?? -1);
      if (qos > 0) link.write(pubackPackets([messageId]));
    },
  });
  return link;
}
