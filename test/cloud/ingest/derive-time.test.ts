import { describe, expect, it } from "vitest";
import { deriveTime, type TimePair } from "../../../cloud/ingest/derive-time.ts";
import { NOON } from "../../support/builders.ts";

const HOUR = 3_600_000;
const NOW = NOON + 2_000 * HOUR;
const pair = (clock: TimePair["clock"], up: number, offMs = 0): TimePair => ({ clock, up, at: NOON + up + offMs });

describe("deriveTime", () => {
  it("knows nothing of a boot of which nothing is known", () => {
    expect(deriveTime([], 0, 0, NOW)).toBeUndefined();
  });

  it("states the clock's error and what a crystal may drift over the distance, for the farthest sample", () => {
    const time = deriveTime([pair("ntp", 10 * HOUR)], 0, HOUR, NOW);

    expect(time).toEqual({ zeroAt: NOON, clock: "ntp", errorMs: 2_000 + 3_600 });
  });

  it("takes satellites before the network at the same moment, and both before a real-time clock", () => {
    const pairs = [pair("rtc", HOUR, 60_000), pair("ntp", HOUR, 10), pair("gps", HOUR, 20)];

    expect(deriveTime(pairs, 0, 0, NOW)).toMatchObject({ zeroAt: NOON + 20, clock: "gps" });
    expect(deriveTime(pairs.slice(0, 2), 0, 0, NOW)).toMatchObject({ zeroAt: NOON + 10, clock: "ntp" });
    expect(deriveTime(pairs.slice(0, 1), 0, 0, NOW)).toEqual({ zeroAt: NOON + 60_000, clock: "rtc", errorMs: 300_360 });
  });

  it("takes the nearer one of two, as crystals drift", () => {
    const pairs = [pair("gps", 1_000 * HOUR, 90_000), pair("ntp", 2 * HOUR, 5)];

    expect(deriveTime(pairs, HOUR, HOUR, NOW)).toMatchObject({ zeroAt: NOON + 5, clock: "ntp" });
  });

  it("states an error that covers what a clock of the same worth says, and none for what a worse one says", () => {
    const contradiction = [pair("ntp", HOUR), pair("ntp", 2 * HOUR, 50_000)];

    expect(deriveTime(contradiction, HOUR, HOUR, NOW)).toMatchObject({ zeroAt: NOON, errorMs: 50_000 });
    expect(deriveTime([pair("ntp", HOUR), pair("rtc", HOUR, -50_000)], HOUR, HOUR, NOW)).toMatchObject({
      errorMs: 2_000,
    });
  });

  it("believes no moment ahead of now, and none before the first device", () => {
    const pairs = [pair("gps", HOUR)];

    expect(deriveTime(pairs, 0, Number.MAX_SAFE_INTEGER, NOW)).toBeUndefined();
    expect(deriveTime(pairs, 0, NOW - NOON + 6 * 60_000, NOW)).toBeUndefined();
    expect(deriveTime(pairs, 0, NOW - NOON, NOW)).toMatchObject({ zeroAt: NOON });
    expect(deriveTime([pair("gps", 10_000_000_000_000)], 0, 0, NOW)).toMatchObject({ zeroAt: NOON });
    expect(deriveTime([{ clock: "gps", up: 10_000_000_000_000, at: NOON }], 0, 0, NOW)).toBeUndefined();
  });

  it("believes nothing where clocks of the same worth are further apart than the worst one is forgiven", () => {
    const slept = [pair("gps", HOUR), pair("gps", HOUR + 60_000, 8 * HOUR)];

    expect(deriveTime(slept, 0, 0, NOW)).toBeUndefined();
    expect(deriveTime([...slept.slice(0, 1), pair("rtc", HOUR, 8 * HOUR)], 0, 0, NOW)).toMatchObject({ zeroAt: NOON });
  });
});
