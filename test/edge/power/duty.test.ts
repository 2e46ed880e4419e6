import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Causes, causesOf, dutyOf, episodesOf, firstCauses } from "../../../edge/power/duty.ts";
import { type PowerFacts, UNKNOWN_POWER } from "../../../edge/power/power-facts.ts";
import type { PowerProfile } from "../../../firmware-config/settings/power-settings.ts";

const LOOK_MS = 30_000;
const MINUTE_MS = 60_000;

/** What a device makes of one look after the other. */
function live(
  looks: readonly Partial<PowerFacts>[],
  profile: PowerProfile = "battery",
  everyMs = LOOK_MS,
  hadDip = false,
) {
  let causes: Causes = firstCauses([], 0, hadDip);
  return looks.map((change, i) => {
    const facts = { ...UNKNOWN_POWER, ...change };
    causes = causesOf(facts, causes, profile, (i + 1) * everyMs);
    return { duty: dutyOf(causes, facts), episodes: episodesOf(causes), causes };
  });
}

const hot = (temperatureC: number) => ({ temperatureC });
const charged = (chargePercent: number) => ({ chargePercent });
const last = <T>(all: readonly T[]): T | undefined => all.at(-1);

describe("a device's duty", () => {
  it("is all that the settings want where nothing is known or all is well", () => {
    for (const looks of [[{}], [{ temperatureC: 60, chargePercent: 90, isUndervolted: false }]]) {
      expect(last(live(looks))?.duty).toEqual({
        stretch: 1,
        letParticlesSleep: false,
        isCameraAllowed: true,
        judgeGapMs: 0,
        burstMs: 0,
        reason: "nothing to save",
      });
    }
  });

  it("spaces rounds and judgements from 80 °C on, and more from 85 °C on", () => {
    const [warm, veryHot] = live([hot(80), hot(85)]).map(({ duty }) => duty);

    expect(warm).toMatchObject({ stretch: 2, judgeGapMs: 2_000, isCameraAllowed: true, burstMs: 0 });
    expect(veryHot).toMatchObject({ stretch: 4, judgeGapMs: 10_000, isCameraAllowed: true, burstMs: 0 });
    expect(veryHot?.reason).toMatch(/85 °C/);
  });

  it("saves in two steps as a battery runs down: sleep and bursts, then no camera", () => {
    const [well, low, empty] = live([charged(41), charged(40), charged(15)]).map(({ duty }) => duty);

    expect(well?.stretch).toBe(1);
    expect(low).toMatchObject({ stretch: 3, letParticlesSleep: true, isCameraAllowed: true, burstMs: 15 * MINUTE_MS });
    expect(empty).toMatchObject({ stretch: 10, isCameraAllowed: false, burstMs: 60 * MINUTE_MS });
  });

  it("begins to save earlier under a panel, and not at all on the mains", () => {
    expect(last(live([charged(60)], "solar"))?.duty.stretch).toBe(3);
    expect(last(live([charged(60)], "battery"))?.duty.stretch).toBe(1);
    expect(last(live([charged(3)], "mains"))?.duty.stretch).toBe(1);
  });

  it("keeps the strictest of several causes and says all of them", () => {
    const duty = last(live([{ temperatureC: 86, chargePercent: 30, isUndervolted: true }]))?.duty;

    expect(duty).toMatchObject({ stretch: 4, judgeGapMs: 10_000, burstMs: 15 * MINUTE_MS, letParticlesSleep: true });
    expect(duty?.reason).toMatch(/hot.*supply.*battery/);
  });

  it("does less for ten minutes after the supply was too weak, also where it was only between or before looks", () => {
    const weak = { isUndervolted: true };
    const fine = { isUndervolted: false };
    const now = live([weak, ...Array.from({ length: 20 }, () => fine)]);
    const dip = live([{ sinceBoot: [] }, { isUndervolted: false, sinceBoot: ["undervoltage"] }]);
    const before = [{ isUndervolted: false, sinceBoot: ["undervoltage"] }];

    expect(now.map(({ duty }) => duty.stretch)).toEqual([...Array.from({ length: 20 }, () => 2), 1]);
    expect(last(dip)?.duty.stretch).toBe(2);
    expect(last(live(before))?.episodes).toEqual(["undervoltage"]);
    expect(last(live(before, "mains", LOOK_MS, true))?.duty.stretch).toBe(1);
  });

  it("keeps what it does while nothing can be read, but not for longer than an hour", () => {
    const blind = live([charged(10), ...Array.from({ length: 121 }, () => ({}))]);

    expect(blind.slice(0, 121).every(({ duty }) => !duty.isCameraAllowed)).toBe(true);
    expect(last(blind)?.duty.isCameraAllowed).toBe(true);
  });

  it("stays in the episode of an empty battery while its gauge is away, and until it says well", () => {
    const away = Array.from({ length: 121 }, () => ({}));
    const all = live([charged(10), ...away, charged(20), charged(24), charged(25)]);

    expect(all.map(({ episodes }) => episodes.length)).toEqual([...Array.from({ length: 124 }, () => 1), 0]);
    expect(all[121]?.duty.isCameraAllowed).toBe(true);
    expect(all[122]?.duty.isCameraAllowed).toBe(false);
    expect(last(all)?.duty.isCameraAllowed).toBe(true);
  });

  it("never flaps: however a value wanders within the width of a bound, duty changes at most once", () => {
    const changes = (looks: readonly Partial<PowerFacts>[], profile: PowerProfile) =>
      live(looks, profile).filter(({ duty }, i, all) => i > 0 && duty.stretch !== all[i - 1]?.duty.stretch).length;
    const neverFlaps = (
      least: number,
      most: number,
      factOf: (value: number) => Partial<PowerFacts>,
      profile: PowerProfile,
    ) =>
      fc.assert(
        fc.property(fc.array(fc.double({ min: least, max: most, noNaN: true })), (values) => {
          expect(changes(values.map(factOf), profile)).toBeLessThanOrEqual(1);
        }),
      );

    neverFlaps(75.01, 80, hot, "mains");
    neverFlaps(80.01, 85, hot, "mains");
    for (const at of [40, 15]) neverFlaps(at, at + 9.99, charged, "battery");
    for (const at of [60, 25]) neverFlaps(at, at + 9.99, charged, "solar");
  });

  it("does as much as ever once all is well again, whatever has been", () => {
    const anything = fc.record(
      {
        temperatureC: fc.option(fc.double({ min: -60, max: 150, noNaN: true })),
        chargePercent: fc.option(fc.integer({ min: 0, max: 100 })),
        isUndervolted: fc.option(fc.boolean()),
        sinceBoot: fc.option(fc.constantFrom([], ["undervoltage"])),
      },
      { requiredKeys: [] },
    );
    const well = { temperatureC: 40, chargePercent: 100, isUndervolted: false };

    fc.assert(
      fc.property(fc.array(anything), fc.constantFrom<PowerProfile>("mains", "battery", "solar"), (looks, profile) => {
        const all = live([...looks, ...Array.from({ length: 21 }, () => well)], profile);
        expect(last(all)?.duty.reason).toBe("nothing to save");
        expect(last(all)?.episodes).toEqual([]);
      }),
    );
  });

  it("never does more for more heat or less charge than it does for less heat or more charge", () => {
    const value = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.boolean(), (a, b, isHeat) => {
        const stretchAt = (one: number) => last(live([isHeat ? hot(one) : charged(100 - one)]))?.duty.stretch ?? 0;
        expect(stretchAt(Math.max(a, b))).toBeGreaterThanOrEqual(stretchAt(Math.min(a, b)));
      }),
    );
  });
});
