import { describe, expect, it } from "vitest";
import { deriveTime, type TimePair } from "../../../cloud/ingest/derive-time.ts";
import { NOON } from "../../support/builders.ts";

const HOUR = 3_600_000;
const pair = (clock: TimePair["clock"], up: number, offMs = 0): TimePair => ({ clock, up, at: NOON + up + offMs });

describe("deriveTime", () => {
  it("knows nothing of a boot of which nothing is known", () => {
    expect(deriveTime([], 0, 0)).toBeUndefined();
  });

  it("states the clock's error and what a crystal may drift over the distance, for the farthest sample", () => {
    const time = deriveTime([pair("ntp", 10 * HOUR)], 0, HOUR);

    expect(time).toEqual({ zeroAt: NOON, clock: "ntp", errorMs: 2_000 + 3_600 });
  });

  it("takes satellites before the network at the same moment, and both before a real-time clock", () => {
    const pairs = [pair("rtc", HOUR, 60_000), pair("ntp", HOUR, 10), pair("gps", HOUR, 20)];

    expect(deriveTime(pairs, 0, 0)).toMatchObject({ zeroAt: NOON + 20, clock: "gps" });
    expect(deriveTime(pairs.slice(0, 2), 0, 0)).toMatchObject({ zeroAt: NOON + 10, clock: "ntp" });
    expect(deriveTime(pairs.slice(0, 1), 0, 0)).toEqual({ zeroAt: NOON + 60_000, clock: "rtc", errorMs: 300_360 });
  });

  it("takes the nearer one of two, as crystals drift", () => {
    const pairs = [pair("gps", 1_000 * HOUR, 90_000), pair("ntp", 2 * HOUR, 5)];

    expect(deriveTime(pairs, HOUR, HOUR)).toMatchObject({ zeroAt: NOON + 5, clock: "ntp" });
  });

  it("states an error that covers what a clock of the same worth says, and none for what a worse one says", () => {
    const contradiction = [pair("ntp", HOUR), pair("ntp", 2 * HOUR, 50_000)];

    expect(deriveTime(contradiction, HOUR, HOUR)).toMatchObject({ zeroAt: NOON, errorMs: 50_000 });
    expect(deriveTime([pair("ntp", HOUR), pair("rtc", HOUR, -50_000)], HOUR, HOUR)).toMatchObject({ errorMs: 2_000 });
  });
});
