import fc, { type Arbitrary } from "fast-check";
import { generate, type Packet, type QoS } from "mqtt-packet";

/** What one connection sends: after a valid CONNECT of that login (or at once), these pieces, and how it leaves. */
export interface FuzzInput {
  /** Index of the login; undefined: the pieces come first. */
  readonly login: number | undefined;
  readonly isClean: boolean;
  readonly pieces: readonly Buffer[];
  readonly leaves: "half-closed" | "cut";
}

/** What the packets speak of, so that some of them mean something. */
export interface Vocabulary {
  readonly topics: readonly string[];
  readonly clientIds: readonly string[];
  readonly logins: number;
  readonly corpus: readonly (readonly Buffer[])[];
}

const ODD_WORDS = ["", "#", "+", "a/#/b", "$SYS/#", "$share/air/x", "\0", "\ud800", "/", "💥", "a".repeat(70)] as const;
const MOST_PAYLOAD_BYTES = 300;
const LENGTH_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff] as const;

/** All that the fuzzer may send: packets, or known sequences, or both, with some bytes changed and cut into pieces. */
export function inputs(words: Vocabulary): Arbitrary<FuzzInput> {
  const generated = fc.array(packets(words), { minLength: 1, maxLength: 10 });
  const known = words.corpus.length === 0 ? generated : fc.constantFrom(...words.corpus);
  const sequence = fc.oneof(
    generated,
    known,
    fc.tuple(known, generated).map(([a, b]) => [...a, ...b]),
  );
  const changed = fc
    .tuple(sequence, fc.array(changes(), { maxLength: 4 }), fc.option(fc.integer({ min: 1, max: 40 }), { freq: 3 }))
    .map(([pieces, todo, cutAt]): readonly Buffer[] => {
      const bytes = todo.reduce<Buffer>((all, change) => change(all), Buffer.concat(pieces));
      return cutAt === null ? [bytes] : cut(bytes, cutAt);
    });
  return fc.record({
    login: fc.oneof(
      { weight: 6, arbitrary: fc.nat({ max: words.logins - 1 }) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
    isClean: fc.boolean(),
    pieces: changed,
    leaves: fc.constantFrom("half-closed", "half-closed", "cut"),
  });
}

function packets({ topics, clientIds }: Vocabulary): Arbitrary<Buffer> {
  const topic = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...topics) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_WORDS) },
  );
  const qos: Arbitrary<QoS> = fc.constantFrom(0, 1, 2);
  const messageId = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(1, 65_535));
  const payload = fc.uint8Array({ maxLength: MOST_PAYLOAD_BYTES }).map((bytes) => Buffer.from(bytes));
  const will = fc.record({ topic, payload, qos, retain: fc.boolean() });
  const connect: Arbitrary<Packet> = fc.record(
    {
      cmd: fc.constant("connect" as const),
      protocolId: fc.constantFrom("MQTT", "MQIsdp"),
      protocolVersion: fc.constantFrom(3, 4, 5),
      clean: fc.boolean(),
      clientId: fc.oneof(fc.constantFrom(...clientIds), fc.constantFrom(...ODD_WORDS)),
      keepalive: fc.constantFrom(0, 1, 60, 65_535),
      username: fc.constantFrom(...clientIds),
      password: payload,
      will,
    },
    { requiredKeys: ["cmd", "protocolId", "clientId", "keepalive"] },
  );
  const publish: Arbitrary<Packet> = fc.record({
    cmd: fc.constant("publish" as const),
    topic,
    payload,
    qos,
    dup: fc.boolean(),
    retain: fc.boolean(),
    messageId,
  });
  const answer: Arbitrary<Packet> = fc.record({
    cmd: fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp"),
    messageId,
  });
  const subscribe: Arbitrary<Packet> = fc.record({
    cmd: fc.constant("subscribe" as const),
    messageId,
    subscriptions: fc.array(fc.record({ topic, qos }), { minLength: 1, maxLength: 4 }),
  });
  const unsubscribe: Arbitrary<Packet> = fc.record({
    cmd: fc.constant("unsubscribe" as const),
    messageId,
    unsubscriptions: fc.array(topic, { minLength: 1, maxLength: 4 }),
  });
  const plain = fc.constantFrom<Packet[]>(
    { cmd: "pingreq" },
    { cmd: "disconnect" },
    { cmd: "pingresp" },
    { cmd: "connack", returnCode: 0, sessionPresent: false },
    { cmd: "suback", messageId: 1, granted: [0] },
    { cmd: "unsuback", messageId: 1, granted: [] },
  );
  return fc
    .oneof(
      { weight: 4, arbitrary: publish },
      { weight: 2, arbitrary: subscribe },
      { weight: 2, arbitrary: answer },
      { weight: 1, arbitrary: connect },
      { weight: 1, arbitrary: unsubscribe },
      { weight: 1, arbitrary: plain },
    )
    .map(bytesOf);
}

/** The generator refuses to write some packets: those are left to the changes. */
function bytesOf(packet: Packet): Buffer {
  try {
    return generate(packet);
  } catch {
    return Buffer.from([0xc0, 0]);
  }
}

type Change = (bytes: Buffer) => Buffer;

/** What happens to the bytes of a sequence; a place is a share of its length. */
function changes(): Arbitrary<Change> {
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const at = (bytes: Buffer, share: number) => Math.floor(bytes.length * share);
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...LENGTH_BYTES));
  const set = fc.tuple(place, byte).map(([share, value]): Change => {
    return (bytes) => replaced(bytes, at(bytes, share), 1, Buffer.from([value]));
  });
  const flip = fc.tuple(place, fc.nat({ max: 7 })).map(([share, bit]): Change => {
    return (bytes) => {
      const here = at(bytes, share);
      return replaced(bytes, here, 1, Buffer.from([(bytes[here] ?? 0) ^ (1 << bit)]));
    };
  });
  const insert = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([share, added]): Change => {
    return (bytes) => replaced(bytes, at(bytes, share), 0, Buffer.from(added));
  });
  const remove = fc.tuple(place, fc.integer({ min: 1, max: 8 })).map(([share, count]): Change => {
    return (bytes) => replaced(bytes, at(bytes, share), count, Buffer.alloc(0));
  });
  const repeat = fc.tuple(place, fc.integer({ min: 1, max: 60 })).map(([share, count]): Change => {
    return (bytes) => {
      const from = at(bytes, share);
      return replaced(bytes, from, 0, bytes.subarray(from, from + count));
    };
  });
  const truncate = place.map(
    (share): Change =>
      (bytes) =>
        bytes.subarray(0, at(bytes, share)),
  );
  return fc.oneof(set, flip, insert, remove, repeat, truncate);
}

const replaced = (bytes: Buffer, from: number, count: number, by: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(from + count)]);

const cut = (bytes: Buffer, size: number): readonly Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
