import type { Packet } from "mqtt-packet";
import { closeAll } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { type Consumer, connectConsumer } from "#mqtt/consumer-client.ts";
import { aPublish, connectRaw, type RawLogin } from "../support/raw-mqtt.ts";

/** What one connection publishes in turn. */
export interface Stream {
  readonly name: string;
  readonly topic: string;
  readonly qos: 0 | 1;
  readonly isRetained: boolean;
}

/** A broker, who publishes what to it, and who shall get it. */
export interface Interleaving {
  readonly broker: string;
  readonly port: number;
  readonly publisher: RawLogin;
  readonly streams: readonly Stream[];
  readonly subscribers: readonly { readonly login: RawLogin; readonly filter: string }[];
}

/** What became of one stream. */
export interface Arrived {
  readonly broker: string;
  readonly stream: Stream;
  readonly published: number;
  readonly acknowledged: number;
  /** Different messages that reached a subscriber. */
  readonly arrived: number;
}

/** So many of each stream are on the way at a time. */
const ROUND = 20;
const QUIET_MS = 3_000;

/** Publishes so many of each stream, in turn, on one connection, and counts what arrives until nothing more comes. */
export async function interleave(it: Interleaving, count: number): Promise<readonly Arrived[]> {
  const arrived = new Map(it.streams.map(({ name }) => [name, new Set<number>()]));
  let lastMs = performance.now();
  const subscribers: Consumer[] = [];
  for (const { login, filter } of it.subscribers) {
    subscribers.push(
      await connectConsumer({
        url: `mqtt://127.0.0.1:${it.port}`,
        clientId: login.clientId,
        username: login.username ?? login.clientId,
        password: login.token ?? "",
        filters: [filter],
        keepaliveS: 60,
        onMessage: ({ payload, acknowledge }) => {
          const [name, number] = payload.toString().split(" ");
          arrived.get(name ?? "")?.add(Number(number));
          lastMs = performance.now();
          acknowledge();
        },
        onClose: () => {},
      }),
    );
  }
  const publisher = await connectRaw(it.port, it.publisher);
  const acknowledged = (of: number) => publisher.received.filter((packet) => isPubackOf(packet, of, it.streams.length));
  for (let from = 0; from < count; from += ROUND) {
    const numbers = Array.from({ length: Math.min(ROUND, count - from) }, (_, i) => from + i);
    publisher.send(...numbers.flatMap((number) => it.streams.map((_, i) => publishOf(it.streams, i, number))));
    const durable = it.streams.filter(({ qos }) => qos === 1).length;
    await publisher.receive("puback", (from + numbers.length) * durable);
  }
  while (performance.now() - lastMs < QUIET_MS) await wait(100);
  const results = it.streams.map((stream, i) => ({
    broker: it.broker,
    stream,
    published: count,
    acknowledged: acknowledged(i).length,
    arrived: arrived.get(stream.name)?.size ?? 0,
  }));
  publisher.socket.destroy();
  await closeAll(subscribers);
  return results;
}

/** Message ids count through the streams in turn. */
function publishOf(streams: readonly Stream[], at: number, number: number): Packet {
  const stream = streams[at];
  if (stream === undefined) throw new RangeError(`no stream ${at}`);
  const messageId = number * streams.length + at + 1;
  const packet = aPublish(stream.topic, messageId, `${stream.name} ${number}`, stream.qos);
  return { ...packet, retain: stream.isRetained };
}

const isPubackOf = (packet: Packet, at: number, streams: number): boolean =>
  packet.cmd === "puback" && ((packet.messageId ?? 0) - 1) % streams === at;
