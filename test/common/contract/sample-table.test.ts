import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode, Rejected } from "#contract/codec.ts";
import { limits } from "#contract/limits.ts";
import { ClockQuality, type Reading, type Sample, SampleStatus } from "#contract/messages.ts";
import { topics } from "#contract/topics.ts";

const topic = topics.data({ tenant: "chel", device: "post-1" }, "reading");
const AT = 1_790_000_000_000;

function aPack(samples: Sample[]): Reading {
  const stamp = { v: 1 as const, at: AT, clock: "ntp" as const, boot: "b1", up: 60_000 };
  const place = { log: "log1", seq: 1, id: "log1-1" };
  return { ...stamp, ...place, kind: "reading", sensor: "sds011", model: "sds011", samples };
}

const tableOf = (reading: Reading): unknown => JSON.parse(String(encode(reading))).table;
const bytesWith = (table: unknown): Uint8Array => {
  const { samples: _, ...others } = aPack([]);
  return Buffer.from(JSON.stringify({ ...others, table }));
};
const decoded = (bytes: Uint8Array) => decode(topic, bytes).message;
const rejectionOf = (table: unknown): string => {
  try {
    decoded(bytesWith(table));
    return "accepted";
  } catch (error) {
    return error instanceof Rejected ? error.code : String(error);
  }
};

const Name = fc.constantFrom("pm25", "pm10", "temperature", "x9_");
// What JSON itself cannot keep (-0) is no matter of this form.
const Value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const SomeSample = fc
  .record(
    {
      at: fc.option(fc.integer({ min: 0, max: 2 * AT })),
      up: fc.integer({ min: 0, max: 10_000_000_000_000 }),
      values: fc.uniqueArray(fc.tuple(Name, Value), { minLength: 1, selector: ([name]) => name }),
      windowMs: fc.constantFrom(0, 1000, 60_000),
      clock: fc.constantFrom(...ClockQuality.options),
      status: fc.subarray([...SampleStatus.options]),
      newer: fc.constantFrom("a", "b"),
    },
    { requiredKeys: ["at", "up", "values"] },
  )
  .map(({ values, ...sample }) => ({ ...sample, values: Object.fromEntries(values) }));
/** As a device makes them: each step nearly the same, `at` and `up` in step, seldom a remark. */
const SteadySamples = fc
  .array(fc.record({ jitter: fc.integer({ min: -3, max: 900 }), pm25: Value, isDoubted: fc.boolean() }), {
    minLength: 1,
  })
  .map((rows) => {
    let up = 1000;
    return rows.map(({ jitter, pm25, isDoubted }): Sample => {
      up += 10_000 + jitter;
      return { at: AT + up, up, values: { pm25 }, ...(isDoubted && { status: ["stuck"] }) };
    });
  });

describe("a pack of samples as columns", () => {
  it("gives back every pack as it was: numbers to the last digit, times, order, doubts, and what it does not know", () => {
    const Samples = fc.oneof(fc.array(SomeSample, { minLength: 1, maxLength: 30 }), SteadySamples);
    fc.assert(
      fc.property(Samples, (samples) => {
        const reading = aPack(samples);

        expect(decoded(encode(reading))).toEqual(reading);
      }),
      { numRuns: 500 },
    );
  });

  it("says names and times once, and of each sample only what is its own", () => {
    const samples = [0, 10_000, 20_002, 30_001].map((ms, i) => ({
      at: AT + ms,
      up: 500 + ms,
      values: { pm25: 12.5 + i },
    }));

    expect(tableOf(aPack(samples))).toEqual({
      up: [500, 10_000, 2, -1],
      at: AT,
      values: { pm25: [12.5, 13.5, 14.5, 15.5] },
    });
  });

  it("takes at most a third of the bytes of one message for each sample, from packs of eight", () => {
    const samples = Array.from({ length: 8 }, (_, i) => ({
      at: AT + i * 10_000,
      up: 500 + i * 10_000,
      values: { pm25: 12.5 + i / 10, pm10: 20 },
    }));
    const alone = samples.reduce((sum, sample) => sum + encode(aPack([sample])).length, 0);

    expect(encode(aPack(samples)).length * 3).toBeLessThan(alone);
  });

  it("writes samples with unknown members, and a single one, as they were always written", () => {
    const [one, other] = [1, 2].map((pm25) => ({ at: AT, up: pm25, values: { pm25 } }));
    if (one === undefined || other === undefined) throw new TypeError("two were made");

    for (const samples of [[one], [one, { ...other, flow: "low" }]]) {
      expect(JSON.parse(String(encode(aPack(samples))))).toEqual(aPack(samples));
    }
  });

  it("lets no few bytes stand for many words: a pack that doubts at length goes as it always did", () => {
    const status = ["warming-up", "out-of-spec-temperature", "laser-life-exceeded", "instrument-fault", "over-range"];
    const samples = Array.from({ length: 100 }, (_, i) => ({ at: null, up: i, values: { pm25: 1 }, status }));

    expect(tableOf(aPack(samples))).toBeUndefined();
    expect(decoded(encode(aPack(samples)))).toEqual(aPack(samples));
    expect(tableOf(aPack(samples.map((sample) => ({ ...sample, status: status.slice(0, 2) }))))).toBeDefined();
    const also = [{ from: 0, n: 2, status: Array.from({ length: 16 }, (_, i) => `${i}`.padStart(32, "x")) }];
    expect(rejectionOf({ up: [0, 1], at: AT, values: { pm25: [1, 2] }, also })).toBe("malformed");
    expect(rejectionOf({ up: [0, 1], at: AT, values: { pm25: [1, 2] }, also: [{ ...also[0], n: 1 }] })).toBe(
      "accepted",
    );
  });

  it("keeps counts that are as far apart as they may be", () => {
    const far = 10_000_000_000_000;
    const samples = [0, far, 0].map((up) => ({ at: null, up, values: { pm25: 1 } }));

    expect(decoded(encode(aPack(samples)))).toEqual(aPack(samples));
  });

  it("is read by who knows only samples' bytes of old: those decode as ever", () => {
    const reading = aPack([
      { at: AT, up: 1, values: { pm25: 1 } },
      { at: AT + 1, up: 2, values: { pm25: 2 } },
    ]);

    expect(decoded(Buffer.from(JSON.stringify(reading)))).toEqual(reading);
  });

  it.each([
    ["columns of different length", { up: [0, 1, 0], at: AT, values: { pm25: [1, 2] } }],
    ["times of another length", { up: [0, 1], at: [AT], values: { pm25: [1, 2] } }],
    ["a column that is none", { up: [0, 1], at: AT, values: { pm25: "12" } }],
    ["no value in a sample", { up: [0, 1], at: AT, values: { pm25: [1, null] } }],
    ["a time before 1970", { up: [5, -1], at: 0, values: { pm25: [1, 2] } }],
    ["a sum that is no exact number", { up: [2 ** 53 - 1, 2 ** 53 - 1], at: null, values: { pm25: [1, 2] } }],
    ["a remark on what is not there", { up: [0, 1], at: AT, values: { pm25: [1, 2] }, also: [{ from: 1, n: 2 }] }],
    [
      "two remarks on one sample",
      {
        up: [0, 1],
        at: AT,
        values: { pm25: [1, 2] },
        also: [
          { from: 0, n: 2 },
          { from: 1, n: 1 },
        ],
      },
    ],
    [
      "members of a remark that it does not know",
      { up: [0, 1], at: AT, values: { pm25: [1, 2] }, also: [{ from: 0, n: 1, x: 1 }] },
    ],
    [
      "more samples than a reading may have",
      { up: Array.from({ length: limits.samplesPerReading + 1 }, () => 0), at: AT, values: {} },
    ],
    ["a remark for a billion samples", { up: [0, 1], at: AT, values: { pm25: [1, 2] }, also: [{ from: 0, n: 1e9 }] }],
    ["no object", 7],
  ])("refuses a table with %s", (_, table) => {
    expect(rejectionOf(table)).toBe("malformed");
  });
});
