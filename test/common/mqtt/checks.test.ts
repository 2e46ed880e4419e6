import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { checkFromClient } from "#mqtt/checks.ts";
import { parseConnect } from "#mqtt/connect.ts";
import { type Frame, Framer, ProtocolError } from "#mqtt/framer.ts";
import { MOST_FILTERS, parseSubscribe, parseUnsubscribe } from "#mqtt/subscriptions.ts";
import { isTopicFilter } from "#mqtt/text.ts";

const SERVED = [3, 4];

/** The one frame of some bytes, as the framer hands it on. Throws what the framer throws. */
function frameOf(bytes: Uint8Array): Frame {
  const frames: Frame[] = [];
  new Framer(1024 * 1024).push(Buffer.from(bytes), (frame) => frames.push(frame));
  const [frame] = frames;
  if (frame === undefined || frames.length > 1) throw new TypeError("not one whole packet");
  return frame;
}

/** A packet from its first byte and a body in hexadecimal or text; texts get their length. */
function packet(first: number, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? withLength(Buffer.from(part)) : part)));
  return Buffer.concat([Buffer.from([first, body.length]), body]);
}
const withLength = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
const hex = (digits: string): Buffer => Buffer.from(digits, "hex");
const ID = hex("04d2");

const aWord = fc.stringMatching(/^[A-Za-z0-9$ äß€\u{2A6D4}-]{1,12}$/u);
const aTopic = fc.array(aWord, { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/"));
const aFilter = fc
  .tuple(fc.array(fc.oneof(aWord, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ["#"] : [])].join("/"));
const anId = fc.integer({ min: 1, max: 65_535 });
const aQos = fc.constantFrom(0 as const, 1 as const, 2 as const);

const aClientPacket: fc.Arbitrary<Packet> = fc.oneof(
  fc
    .record({ topic: aTopic, qos: aQos, messageId: anId, retain: fc.boolean(), payload: fc.string() })
    .map((publish): Packet => ({ cmd: "publish", dup: false, ...publish })),
  fc
    .tuple(fc.constantFrom("puback" as const, "pubrec" as const, "pubrel" as const, "pubcomp" as const), anId)
    .map(([cmd, messageId]): Packet => ({ cmd, messageId })),
  fc
    .tuple(fc.array(fc.record({ topic: aFilter, qos: aQos }), { minLength: 1, maxLength: 4 }), anId)
    .map(([subscriptions, messageId]): Packet => ({ cmd: "subscribe", subscriptions, messageId })),
  fc
    .tuple(fc.array(aFilter, { minLength: 1, maxLength: 4 }), anId)
    .map(([unsubscriptions, messageId]): Packet => ({ cmd: "unsubscribe", unsubscriptions, messageId })),
  fc.constantFrom<Packet>({ cmd: "pingreq" }, { cmd: "disconnect" }),
);

const aConnect = fc
  .record({
    level: fc.constantFrom(3 as const, 4 as const),
    clientId: aWord,
    clean: fc.boolean(),
    keepalive: fc.nat(65_535),
    username: fc.option(aWord, { nil: undefined }),
    hasPassword: fc.boolean(),
    password: fc.uint8Array({ maxLength: 20 }),
    will: fc.option(fc.record({ topic: aTopic, payload: fc.string(), qos: aQos, retain: fc.boolean() }), {
      nil: undefined,
    }),
  })
  .map(({ level, clientId, clean, keepalive, username, hasPassword, password, will }) => ({
    clientId,
    clean,
    keepalive,
    username,
    will,
    bytes: generate({
      cmd: "connect",
      protocolId: level === 4 ? "MQTT" : "MQIsdp",
      protocolVersion: level,
      clientId,
      clean,
      keepalive,
      ...(username === undefined ? {} : { username, ...(hasPassword ? { password: Buffer.from(password) } : {}) }),
      ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload) } }),
    }),
  }));

describe("checkFromClient", () => {
  it("lets pass whatever an honest client says", () => {
    fc.assert(
      fc.property(aClientPacket, (honest) => {
        checkFromClient(frameOf(generate(honest)));
      }),
    );
  });

  it("throws nothing but ProtocolError, whatever comes", () => {
    const anyPacket = fc
      .tuple(fc.nat(255), fc.uint8Array({ maxLength: 60 }))
      .map(([first, body]) => Buffer.from([first, body.length, ...body]));
    const aDamagedPacket = fc.tuple(aClientPacket, fc.nat(), fc.nat(255)).map(([honest, at, byte]) => {
      const bytes = generate(honest);
      bytes[2 + (at % bytes.length)] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(anyPacket, aDamagedPacket), (bytes) => {
        try {
          checkFromClient({ type: (bytes[0] ?? 0) >> 4, flags: (bytes[0] ?? 0) & 15, bytes, bodyAt: 2 });
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["a topic with U+0000", packet(0x30, hex("0005746f700000"))],
    ["a topic with a surrogate", packet(0x30, hex("0005746feda080"))],
    ["a topic with an overlong form", packet(0x30, hex("0005746fc08070"))],
    ["a topic with U+001F", packet(0x30, "top\u001fp")],
    ["a topic with U+007F", packet(0x30, "top\u007fp")],
    ["a topic with U+009F", packet(0x30, "to\u009fp")],
    ["a topic with the non-character U+FFFF", packet(0x30, "to\uffffp")],
    ["a topic with the non-character U+FDD0", packet(0x30, "to\ufdd0p")],
    ["a topic with the non-character U+1FFFE", packet(0x30, "to\u{1fffe}p")],
    ["a topic with a wildcard", packet(0x30, "#opic")],
    ["an empty topic", packet(0x30, "")],
    ["QoS 0 as a repetition", packet(0x38, "topic")],
    ["a PUBLISH with message id 0", packet(0x32, "topic", hex("0000"))],
    ["a PUBLISH without its message id", packet(0x32, "topic")],
    ["a PUBACK with message id 0", packet(0x40, hex("0000"))],
    ["a SUBSCRIBE with message id 0", packet(0x82, hex("0000"), "p", hex("00"))],
    ["a SUBSCRIBE of nothing", packet(0x82, ID)],
    ["a SUBSCRIBE without its QoS", packet(0x82, ID, "p")],
    ["a SUBSCRIBE with QoS 3", packet(0x82, ID, "p", hex("03"))],
    ["a SUBSCRIBE with a reserved bit", packet(0x82, ID, "p", hex("80"))],
    ["a second filter that is empty", packet(0x82, ID, "q", hex("00"), "", hex("00"))],
    ["a filter with a wildcard inside a level", packet(0x82, ID, "ab/+e", hex("00"))],
    ["a filter that goes on behind #", packet(0x82, ID, "ab/#/e", hex("00"))],
    ["an UNSUBSCRIBE of nothing", packet(0xa2, ID)],
    ["an UNSUBSCRIBE with a broken filter", packet(0xa2, ID, "ab/e#")],
    ["an UNSUBSCRIBE that ends within a filter", packet(0xa2, ID, hex("0001"))],
    ["a second CONNECT", packet(0x10, "MQTT", hex("0402000a"), "p")],
    ["a CONNACK", packet(0x20, hex("0000"))],
    ["a SUBACK", packet(0x90, hex("000100"))],
    ["an UNSUBACK", packet(0xb0, ID)],
    ["a PINGRESP", packet(0xd0)],
  ])("refuses %s", (_what, bytes) => {
    expect(() => checkFromClient(frameOf(bytes))).toThrow(ProtocolError);
  });

  it.each([
    ["short", hex("01")],
    ["long", hex("000100")],
  ])("refuses an acknowledgement that is too %s, even where no framer looked", (_what, body) => {
    for (const type of [4, 5, 6, 7]) {
      const bytes = Buffer.concat([Buffer.from([type << 4, body.length]), body]);
      expect(() => checkFromClient({ type, flags: 0, bytes, bodyAt: 2 })).toThrow(ProtocolError);
    }
  });

  it("takes U+FFFD that was sent as itself, and characters beyond the basic plane", () => {
    checkFromClient(frameOf(packet(0x30, "to\ufffdp")));
    checkFromClient(frameOf(packet(0x30, "A\u{2a6d4}")));
  });
});

describe("parseConnect", () => {
  it("reads what mqtt-packet writes, as it was meant", () => {
    fc.assert(
      fc.property(aConnect, ({ bytes, clientId, clean, keepalive, username, will }) => {
        const parsed = parseConnect(frameOf(bytes), SERVED);

        expect(parsed).toMatchObject({
          kind: "connect",
          clientId,
          cleanSession: clean,
          keepaliveS: keepalive,
          username,
        });
        if (parsed.kind === "connect") expect(parsed.will?.topic).toBe(will?.topic);
      }),
    );
  });

  it("throws nothing but ProtocolError, whatever comes", () => {
    const damaged = fc.tuple(aConnect, fc.nat(), fc.nat(255)).map(([{ bytes }, at, byte]) => {
      bytes[2 + (at % bytes.length)] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }).map(Buffer.from), damaged), (bytes) => {
        try {
          parseConnect({ type: 1, flags: 0, bytes, bodyAt: 2 }, SERVED);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["another protocol", packet(0x10, "MQTU", hex("0402000a"), "p")],
    ["no protocol", packet(0x10, "", hex("0402000a"), "p")],
    ["an end before the keep-alive", packet(0x10, "MQTT", hex("0402"))],
    ["the reserved flag", packet(0x10, "MQTT", hex("0403000a"), "p")],
    ["will retain without a will", packet(0x10, "MQTT", hex("0422000a"), "p")],
    ["a will's QoS without a will", packet(0x10, "MQTT", hex("040a000a"), "p")],
    ["a will of QoS 3", packet(0x10, "MQTT", hex("041e000a"), "p", "p", "p")],
    ["a will that is promised and missing", packet(0x10, "MQTT", hex("0406000a"), "p")],
    ["a will on a wildcard", packet(0x10, "MQTT", hex("0406000a"), "p", "a/+", "p")],
    ["a user name that is promised and missing", packet(0x10, "MQTT", hex("0482000a"), "p")],
    ["a user name that was not announced", packet(0x10, "MQTT", hex("0402000a"), "p", "p")],
    ["a password without a user name", packet(0x10, "MQTT", hex("0442000a"), "p", "p")],
    ["bytes behind its end", packet(0x10, "MQTT", hex("0402000a"), "p", hex("00"))],
    ["a client id with a control character", packet(0x10, "MQTT", hex("0402000a"), "to\u009fp")],
    ["a user name with U+0001", packet(0x10, "MQTT", hex("0482000a"), "p", "top\u0001")],
  ])("refuses %s without an answer", (_what, bytes) => {
    expect(() => parseConnect(frameOf(bytes), SERVED)).toThrow(ProtocolError);
  });

  it.each([
    ["another level", packet(0x10, "MQTT", hex("0502000a"), "p"), SERVED, 1],
    ["the name and the level of different versions", packet(0x10, "MQIsdp", hex("0402000a"), "p"), SERVED, 1],
    ["MQTT 3.1 where that is not served", packet(0x10, "MQIsdp", hex("0302000a"), "p"), [4], 1],
    ["an empty client id that wants its session kept", packet(0x10, "MQTT", hex("0400000a"), ""), SERVED, 2],
    ["an empty client id in MQTT 3.1", packet(0x10, "MQIsdp", hex("0302000a"), ""), SERVED, 2],
  ])("refuses %s with a return code", (_what, bytes, levels, returnCode) => {
    expect(parseConnect(frameOf(bytes), levels)).toMatchObject({ kind: "refused", returnCode });
  });

  it("takes an empty client id for a session that ends with the connection", () => {
    expect(parseConnect(frameOf(packet(0x10, "MQTT", hex("0402000a"), "")), SERVED)).toMatchObject({ clientId: "" });
  });
});

describe("subscriptions", () => {
  it("are read as they were asked for", () => {
    expect(parseSubscribe(frameOf(packet(0x82, ID, "a/+", hex("01"), "#", hex("02"))))).toEqual({
      messageId: 1234,
      subscriptions: [
        { filter: "a/+", qos: 1 },
        { filter: "#", qos: 2 },
      ],
    });
    expect(parseUnsubscribe(frameOf(packet(0xa2, ID, "a", "b/#")))).toEqual({ messageId: 1234, filters: ["a", "b/#"] });
  });

  it("are not more in one packet than anybody needs, whichever way", () => {
    const filters = Array.from({ length: MOST_FILTERS }, (_, i) => String(i));
    const subscribed = (topics: readonly string[]) =>
      frameOf(generate({ cmd: "subscribe", messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) }));
    const unsubscribed = (topics: readonly string[]) =>
      frameOf(generate({ cmd: "unsubscribe", messageId: 1, unsubscriptions: [...topics] }));
    const tooMany = expect.objectContaining({ code: "too-many-filters" });

    expect(parseSubscribe(subscribed(filters)).subscriptions).toHaveLength(MOST_FILTERS);
    expect(parseUnsubscribe(unsubscribed(filters)).filters).toHaveLength(MOST_FILTERS);
    expect(() => parseSubscribe(subscribed([...filters, "x"]))).toThrow(tooMany);
    expect(() => parseUnsubscribe(unsubscribed([...filters, "x"]))).toThrow(tooMany);
  });

  it.each(["#", "+", "/", "+/+", "a//b", "a/#", "$share/g/a/+"])("may have the filter %s", (filter) => {
    expect(isTopicFilter(filter)).toBe(true);
  });
});
