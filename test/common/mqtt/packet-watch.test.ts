import fc from "fast-check";
import { generate } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { watchPackets } from "#mqtt/packet-watch.ts";

const publishOf = (topic: string, bytes: number) =>
  generate({ cmd: "publish", topic, payload: Buffer.alloc(bytes, 65), qos: 0, dup: false, retain: false });

/** What is answered to a stream that comes in pieces of these sizes, and how many bytes had come by then. */
function watchInPieces(stream: Buffer, sizes: readonly number[], maxPacketBytes: number) {
  const watch = watchPackets(maxPacketBytes);
  for (let at = 0, i = 0; at < stream.length; i += 1) {
    const end = Math.min(stream.length, at + (sizes[i % sizes.length] ?? 1));
    const answer = watch(stream.subarray(at, end));
    if (answer !== undefined) return { ...answer, came: end };
    at = end;
  }
  return undefined;
}

const Sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });

describe("watchPackets", () => {
  it("lets pass what is not too large, however it is cut", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 12 });
    fc.assert(
      fc.property(lengths, Sizes, (bytes, sizes) => {
        const stream = Buffer.concat(bytes.map((length) => publishOf("some/topic", length)));

        expect(watchInPieces(stream, sizes, 1_000)).toBeUndefined();
      }),
    );
  });

  it("names the topic of one that is too large after its first bytes, wherever it comes and however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 4 }), Sizes, (before, sizes) => {
        const small = Buffer.concat(before.map((length) => publishOf("some/topic", length)));
        const large = publishOf("another/topic", 50_000);

        const seen = watchInPieces(Buffer.concat([small, large]), sizes, 1_000);

        expect(seen).toMatchObject({ topic: "another/topic", packetBytes: large.length });
        expect(seen?.came).toBeLessThan(small.length + 20 + Math.max(...sizes));
      }),
    );
  });

  it("answers without a topic where there is none, or none that could be ours", () => {
    const suback = Buffer.from([0x90, 0xff, 0xff, 0x7f, 0, 1]);
    const longTopic = publishOf("t".repeat(5_000), 10);

    expect(watchPackets(1_000)(suback)).toEqual({ topic: undefined, packetBytes: 4 + 2_097_151 });
    expect(watchPackets(1_000)(longTopic)).toMatchObject({ topic: undefined });
  });

  it("never throws at bytes that are no MQTT", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), Sizes, (bytes, sizes) => {
        watchInPieces(Buffer.from(bytes), sizes, 100);
      }),
    );
  });
});
