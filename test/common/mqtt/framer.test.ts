import fc from "fast-check";
import { generate } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type Frame, Framer, ProtocolError } from "#mqtt/framer.ts";
import { parsePublish, pubackPackets, publishPacket } from "#mqtt/publish.ts";

const MAX_BYTES = 4096;

const aPublish = fc.record({
  topic: fc.stringMatching(/^[a-z0-9/]{1,40}$/),
  messageId: fc.integer({ min: 1, max: 65_535 }),
  payload: fc.uint8Array({ maxLength: 400 }),
  dup: fc.boolean(),
});

const aPacket = fc.oneof(
  aPublish.map(publishPacket),
  fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 3 }).map(pubackPackets),
  fc.constant(Buffer.from([0xc0, 0x00])),
  fc.constant(generate({ cmd: "subscribe", messageId: 7, subscriptions: [{ topic: "a/b", qos: 1 }] })),
);

function framesOf(chunks: readonly Buffer[]): Buffer[] {
  const framer = new Framer(MAX_BYTES);
  const frames: Buffer[] = [];
  for (const chunk of chunks) framer.push(chunk, (frame) => frames.push(Buffer.from(frame.bytes)));
  return frames;
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const sorted = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length));
}

function codeOfFraming(bytes: Buffer): string {
  try {
    framesOf([bytes]);
    return "no error";
  } catch (error) {
    return error instanceof ProtocolError ? error.code : "another error";
  }
}

describe("Framer", () => {
  it("gives the same packets however the bytes are split", () => {
    fc.assert(
      fc.property(fc.array(aPacket, { maxLength: 12 }), fc.array(fc.nat(8192), { maxLength: 40 }), (packets, cuts) => {
        const bytes = Buffer.concat(packets);

        const frames = framesOf(split(bytes, cuts));

        expect(frames).toEqual(framesOf([bytes]));
        expect(Buffer.concat(frames)).toEqual(bytes);
      }),
    );
  });

  it("throws nothing but its own error, and judges alike however garbage is split", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300), { maxLength: 20 }), (garbage, cuts) => {
        const outcomeOf = (chunks: readonly Buffer[]) => {
          const frames: Buffer[] = [];
          const framer = new Framer(MAX_BYTES);
          try {
            for (const chunk of chunks) framer.push(chunk, (frame) => frames.push(Buffer.from(frame.bytes)));
            return { frames, code: "none" };
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
            return { frames, code: error instanceof ProtocolError ? error.code : "" };
          }
        };

        const whole = outcomeOf([Buffer.from(garbage)]);

        expect(outcomeOf(split(Buffer.from(garbage), cuts))).toEqual(whole);
      }),
    );
  });

  it("refuses a packet above its cap from the length alone, before it holds the bytes", () => {
    const promiseOf100MiB = Buffer.from([0x32, 0x80, 0x80, 0x80, 0x32]);

    expect(codeOfFraming(promiseOf100MiB)).toBe("packet-too-large");
  });

  it("takes a packet of exactly its cap", () => {
    const headerBytes = 3;
    const packet = Buffer.concat([Buffer.from([0x32, 0xfd, 0x1f]), Buffer.alloc(MAX_BYTES - headerBytes)]);

    expect(framesOf([packet])).toHaveLength(1);
  });

  it.each([
    ["a fifth length byte", [0x30, 0x80, 0x80, 0x80, 0x80]],
    ["type 0", [0x00, 0x00]],
    ["type 15", [0xf0, 0x00]],
    ["QoS 3", [0x36, 0x05]],
    ["SUBSCRIBE without its flags", [0x80, 0x05]],
    ["PUBACK of three bytes", [0x40, 0x03]],
    ["PINGREQ with a body", [0xc0, 0x01]],
  ])("refuses %s", (_, bytes) => {
    expect(codeOfFraming(Buffer.from(bytes))).toBe("malformed-packet");
  });
});

describe("parsePublish", () => {
  const frameOf = (bytes: Buffer): Frame => {
    const frames: Frame[] = [];
    new Framer(MAX_BYTES).push(bytes, (frame) => frames.push(frame));
    return frames[0] ?? expect.unreachable("no whole packet");
  };

  it("reads back what publishPacket wrote", () => {
    fc.assert(
      fc.property(aPublish, (publish) => {
        const parsed = parsePublish(frameOf(publishPacket(publish)));

        expect(parsed).toEqual({ ...publish, payload: Buffer.from(publish.payload), qos: 1, retain: false });
      }),
    );
  });

  it.each([
    ["an empty topic", [0x32, 0x04, 0, 0, 0, 1]],
    ["a topic longer than the packet", [0x32, 0x04, 0, 9, 0x61, 0x62]],
    ["no room for the message id", [0x32, 0x03, 0, 1, 0x61]],
    ["message id 0", [0x32, 0x05, 0, 1, 0x61, 0, 0]],
    ["a wildcard in the topic", [0x32, 0x05, 0, 1, 0x23, 0, 1]],
    ["broken UTF-8 in the topic", [0x32, 0x05, 0, 1, 0xff, 0, 1]],
    ["no topic at all", [0x30, 0x00]],
  ])("refuses %s", (_, bytes) => {
    expect(() => parsePublish(frameOf(Buffer.from(bytes)))).toThrow(ProtocolError);
  });
});
