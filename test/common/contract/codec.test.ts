import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode, Rejected } from "#contract/codec.ts";
import { topics } from "#contract/topics.ts";

const device = { tenant: "chel", device: "post-1" };
const stamp = { v: 1 as const, at: 1_790_000_000_000, clock: "ntp" as const, boot: "b1", up: 1000 };
const place = { log: "log1", seq: 1, id: "log1-1" };
const reading = {
  ...stamp,
  ...place,
  kind: "reading" as const,
  sensor: "sds011",
  model: "sds011",
  samples: [{ at: stamp.at, up: 1000, values: { pm25: 12.3, pm10: 20 } }],
};
const topic = topics.data(device, "reading");
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const codeOfFailure = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof Rejected) return error.code;
    throw error;
  }
  return "accepted";
};

describe("decode", () => {
  it("gives back what was encoded, with the address from the topic", () => {
    expect(decode(topic, encode(reading))).toEqual({ address: device, message: reading });
  });

  it("keeps fields that it does not know", () => {
    const { message } = decode(topic, bytesOf({ ...reading, newer: { x: 1 } }));

    expect(message).toMatchObject({ newer: { x: 1 } });
  });

  it("keeps values under names that it does not know, and what else a newer device says of a sample", () => {
    const samples = [{ at: stamp.at, up: 1000, values: { pm25: 12.3, pm4_mass: 7 }, flow: "low" }];

    const { message } = decode(topic, bytesOf({ ...reading, samples }));

    expect(message).toMatchObject({ samples });
  });

  it("keeps what it does not know of a visit's photo", () => {
    const sha = "a".repeat(64);
    const photo = { role: "after", sha, takenAt: null, state: "clean", probabilities: null, model: sha, lens: "wide" };
    const times = { startedAt: null, endedAt: null };
    const visit = { ...stamp, ...place, kind: "visit", visit: "v", site: "s", ...times, photos: [photo], prev: null };

    const { message } = decode(topics.data(device, "visit"), bytesOf({ ...visit, sig: "A".repeat(86) }));

    expect(message).toMatchObject({ photos: [{ lens: "wide" }] });
  });

  it.each([
    ["no value", {}],
    ["a name of another alphabet", { пыль: 1 }],
    ["a name that is too long", { ["a".repeat(33)]: 1 }],
    ["a text", { pm25: "12" }],
    ["no finite number", { pm25: null }],
    ["far too many values", Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, i]))],
  ])("rejects a sample with %s", (_, values) => {
    const samples = [{ at: stamp.at, up: 1000, values }];

    expect(codeOfFailure(() => decode(topic, bytesOf({ ...reading, samples })))).toBe("malformed");
  });

  it("gives back a chunk with its bytes as they were, newlines and all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const chunk = { ...stamp, ...place, kind: "chunk" as const, sha: "a".repeat(64), i: 0, n: 1, bytes };
        const { message } = decode(topics.data(device, "chunk"), encode(chunk));

        expect(message.kind === "chunk" && Buffer.from(message.bytes).equals(bytes)).toBe(true);
      }),
    );
  });

  it("rejects broken JSON, another kind's topic, an unknown version and a missing field, each by its code", () => {
    expect(codeOfFailure(() => decode(topic, Buffer.from("{")))).toBe("malformed");
    expect(codeOfFailure(() => decode(topic, Buffer.from([0xff, 0xfe])))).toBe("malformed");
    expect(codeOfFailure(() => decode(topics.data(device, "health"), encode(reading)))).toBe("wrong-topic");
    expect(codeOfFailure(() => decode("dv1/chel/post-1/state", encode(reading)))).toBe("wrong-topic");
    expect(codeOfFailure(() => decode(topic, bytesOf({ ...reading, v: 2 })))).toBe("unknown-version");
    expect(codeOfFailure(() => decode(topic, bytesOf({ ...reading, samples: [] })))).toBe("malformed");
    expect(codeOfFailure(() => decode(topic, bytesOf({ ...reading, clock: "sundial" })))).toBe("malformed");
  });

  it("throws nothing but Rejected, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.constantFrom("reading", "chunk", "visit"), fc.uint8Array({ maxLength: 300 }), (stream, bytes) => {
        expect(codeOfFailure(() => decode(topics.data(device, stream), bytes))).not.toBe("accepted");
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(codeOfFailure(() => decode(topic, Buffer.from(json)))).not.toBe("accepted");
      }),
    );
  });
});
