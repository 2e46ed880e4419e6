import fc, { type Arbitrary } from "fast-check";
import { generate, type Packet, type QoS } from "mqtt-packet";

/** What one connection sends: after a valid CONNECT of that login (or at once), these pieces, and how it leaves. */
export interface FuzzInput {
  /** Index of the login; undefined: the pieces come first. */
  readonly login: number | undefined;
  readonly isClean: boolean;
  readonly pieces: readonly Buffer[];
  /** `later` stays a moment, so that it gets what it subscribed to. */
  readonly leaves: "half-closed" | "cut" | "later";
}

/** What a login may speak of and be heard. */
export interface Words {
  readonly names: readonly string[];
  readonly filters: readonly string[];
}

/** What the packets speak of, so that many of them mean something: the words of each login, and known sequences. */
export interface Vocabulary {
  readonly words: readonly Words[];
  readonly clientIds: readonly string[];
  readonly corpus: readonly (readonly Buffer[])[];
}

const ODD_WORDS = ["", "#", "+", "a/#/b", "$SYS/#", "$share/air/x", "\0", "\ud800", "/", "💥", "a".repeat(70)] as const;
const MOST_PAYLOAD_BYTES = 300;
const LENGTH_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff] as const;

/** All that the fuzzer may send: packets, or known sequences, or both, many with some bytes changed, cut into pieces. */
export function inputs({ words, clientIds, corpus }: Vocabulary): Arbitrary<FuzzInput> {
  const ofLogin = words.map((own, login) => inputsOf(own, clientIds, corpus, login));
  const [first = fc.constant<FuzzInput>({ login: undefined, isClean: true, pieces: [], leaves: "cut" })] = ofLogin;
  const nameless = first.map((input) => ({ ...input, login: undefined }));
  return fc.oneof({ weight: 1, arbitrary: nameless }, ...ofLogin.map((arbitrary) => ({ weight: 3, arbitrary })));
}

function inputsOf(
  words: Words,
  clientIds: readonly string[],
  corpus: Vocabulary["corpus"],
  login: number,
): Arbitrary<FuzzInput> {
  const generated = fc.array(packets(words, clientIds), { minLength: 1, maxLength: 12 });
  const known = corpus.length === 0 ? generated : fc.constantFrom(...corpus);
  const both = fc.tuple(known, generated).map(([a, b]) => [...a, ...b]);
  const sequence = fc.oneof(
    { weight: 3, arbitrary: generated },
    { weight: 2, arbitrary: known },
    { weight: 1, arbitrary: both },
  );
  const joining = generate({
    cmd: "subscribe",
    messageId: 9,
    subscriptions: [{ topic: words.filters[0] ?? "", qos: 1 }],
  });
  const subscribed = fc.tuple(fc.boolean(), sequence).map(([joins, all]) => (joins ? [joining, ...all] : all));
  const change = fc.oneof(
    { weight: 1, arbitrary: fc.constant<Change[]>([]) },
    { weight: 1, arbitrary: fc.array(changes(), { minLength: 1, maxLength: 4 }) },
  );
  const pieces = fc
    .tuple(subscribed, change, fc.option(fc.integer({ min: 1, max: 40 }), { freq: 3 }))
    .map(([packets, todo, cutAt]): readonly Buffer[] => {
      const bytes = todo.reduce<Buffer>((all, one) => one(all), Buffer.concat(packets));
      return cutAt === null ? [bytes] : cut(bytes, cutAt);
    });
  return fc.record({
    login: fc.constant(login),
    isClean: fc.boolean(),
    pieces,
    leaves: fc.constantFrom("half-closed", "half-closed", "cut", "later"),
  });
}

function packets({ names, filters }: Words, clientIds: readonly string[]): Arbitrary<Buffer> {
  const odd = { weight: 1, arbitrary: fc.constantFrom(...ODD_WORDS) };
  const topic = fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...names) }, odd);
  const filter = fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...filters) }, odd);
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
  const usual: Arbitrary<Packet> = fc.record({
    cmd: fc.constant("publish" as const),
    topic: fc.constant(names[0] ?? ""),
    payload,
    qos: fc.constant<QoS>(1),
    dup: fc.boolean(),
    retain: fc.constant(false),
    messageId,
  });
  const answer: Arbitrary<Packet> = fc.record({
    cmd: fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp"),
    messageId,
  });
  const subscribe: Arbitrary<Packet> = fc.record({
    cmd: fc.constant("subscribe" as const),
    messageId,
    subscriptions: fc.array(fc.record({ topic: filter, qos }), { minLength: 1, maxLength: 4 }),
  });
  const unsubscribe: Arbitrary<Packet> = fc.record({
    cmd: fc.constant("unsubscribe" as const),
    messageId,
    unsubscriptions: fc.array(filter, { minLength: 1, maxLength: 4 }),
  });
  const wrong = fc.constantFrom<Packet[]>(
    { cmd: "disconnect" },
    { cmd: "pingresp" },
    { cmd: "connack", returnCode: 0, sessionPresent: false },
    { cmd: "suback", messageId: 1, granted: [0] },
    { cmd: "unsuback", messageId: 1, granted: [] },
  );
  return fc
    .oneof(
      { weight: 12, arbitrary: usual },
      { weight: 6, arbitrary: publish },
      { weight: 8, arbitrary: subscribe },
      { weight: 8, arbitrary: answer },
      { weight: 4, arbitrary: fc.constant<Packet>({ cmd: "pingreq" }) },
      { weight: 2, arbitrary: unsubscribe },
      { weight: 1, arbitrary: connect },
      { weight: 1, arbitrary: wrong },
    )
    .map((packet) => (packet.cmd === "publish" && packet.qos === 0 ? { ...packet, dup: false } : packet))
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
