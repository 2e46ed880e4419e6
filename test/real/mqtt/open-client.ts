import type { IPublishPacket, Packet, QoS } from "mqtt-packet";
import { parseControl } from "#mqtt/control.ts";
import { Framer } from "#mqtt/framer.ts";
import { aPublish, openRaw, type RawClient } from "../../support/raw-mqtt.ts";
import { until } from "../../support/until.ts";

/** How a client of the open mode wants to be. */
export interface OpenClientOptions {
  readonly clientId: string;
  readonly clean?: boolean;
  readonly keepaliveS?: number;
  readonly will?: { readonly topic: string; readonly payload: string; readonly qos: QoS };
  /** False: takes what comes and says nothing of it. */
  readonly acknowledges?: boolean;
}

/** A general MQTT client: acknowledges what it gets and waits for what it asks for. */
export interface OpenClient {
  readonly raw: RawClient;
  /** Whether the broker kept a session of before. */
  readonly isSessionPresent: boolean;
  /** The QoS that was granted for each filter, 128 where it was refused. */
  subscribe(...filters: readonly (readonly [filter: string, qos: QoS])[]): Promise<readonly unknown[]>;
  unsubscribe(filter: string): Promise<void>;
  /** Resolves when the handshake of the QoS is through. */
  publish(topic: string, payload: string, qos: QoS, retain?: boolean): Promise<void>;
  /** The messages that have come, as `topic payload qos`, once there are so many. */
  messages(count: number): Promise<readonly string[]>;
  /** All that has come up to now: what was published before has been handed on when this resolves. */
  messagesBy(publisher: OpenClient): Promise<readonly string[]>;
  /** DISCONNECT; resolves when the broker has closed. */
  disconnect(): Promise<void>;
}

const MARK = "the-end-of-it";

/** Connects to a gateway in its open mode; throws where it is refused. */
export async function joinOpen(port: number, options: OpenClientOptions): Promise<OpenClient> {
  const raw = await openRaw(port);
  if (options.acknowledges !== false) acknowledgeAll(raw);
  raw.send(connectOf(options));
  const [connack] = await raw.receive("connack");
  if (connack?.cmd !== "connack" || connack.returnCode !== 0) throw new Error(`refused: ${JSON.stringify(connack)}`);
  let lastId = 0;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const answerTo = (cmd: Packet["cmd"], messageId: number): Promise<Packet> =>
    until(`${cmd} of ${messageId}`, () => raw.received.find((it) => it.cmd === cmd && it.messageId === messageId));

  const client: OpenClient = {
    raw,
    isSessionPresent: connack.sessionPresent,
    subscribe: async (...filters) => {
      const messageId = nextId();
      raw.send({ cmd: "subscribe", messageId, subscriptions: filters.map(([topic, qos]) => ({ topic, qos })) });
      const suback = await answerTo("suback", messageId);
      return suback.cmd === "suback" ? suback.granted : [];
    },
    unsubscribe: async (filter) => {
      const messageId = nextId();
      raw.send({ cmd: "unsubscribe", messageId, unsubscriptions: [filter] });
      await answerTo("unsuback", messageId);
    },
    publish: async (topic, payload, qos, retain = false) => {
      const messageId = nextId();
      raw.send({ ...aPublish(topic, messageId, payload, qos), retain });
      if (qos === 1) await answerTo("puback", messageId);
      if (qos < 2) return;
      await answerTo("pubrec", messageId);
      raw.send({ cmd: "pubrel", messageId });
      await answerTo("pubcomp", messageId);
    },
    messages: (count) => until(`${count} messages`, () => messagesOf(raw).length >= count && messagesOf(raw)),
    messagesBy: async (publisher) => {
      await client.subscribe([MARK, 1]);
      await publisher.publish(MARK, "", 1);
      const isMark = (message: string) => message.startsWith(MARK);
      await until("the mark", () => messagesOf(raw).some(isMark));
      return messagesOf(raw).filter((message) => !isMark(message));
    },
    disconnect: async () => {
      raw.send({ cmd: "disconnect" });
      await raw.closed();
    },
  };
  return client;
}

function connectOf({ clientId, clean = true, keepaliveS = 60, will }: OpenClientOptions): Packet {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean,
    clientId,
    keepalive: keepaliveS,
    ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload), retain: false } }),
  };
}

const publishesOf = (raw: RawClient): readonly IPublishPacket[] =>
  raw.received.flatMap((packet) => (packet.cmd === "publish" ? [packet] : []));

const messagesOf = (raw: RawClient): readonly string[] =>
  publishesOf(raw).map(({ topic, payload, qos }) => `${topic} ${payload} ${qos}`);

function acknowledgeAll({ socket, send }: RawClient): void {
  const framer = new Framer(1024 * 1024);
  socket.on("data", (chunk: Buffer) =>
    framer.push(chunk, (frame) => {
      const packet = parseControl(frame);
      const messageId = packet.messageId ?? 0;
      if (packet.cmd === "publish" && packet.qos === 1) send({ cmd: "puback", messageId });
      if (packet.cmd === "publish" && packet.qos === 2) send({ cmd: "pubrec", messageId });
      if (packet.cmd === "pubrel") send({ cmd: "pubcomp", messageId });
    }),
  );
}
