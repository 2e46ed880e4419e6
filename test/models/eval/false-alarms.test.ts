import { describe, expect, it } from "vitest";
import { falseAlarmsOf } from "../../../models/eval/pairs/false-alarms.ts";

const CURVE = { bias: -10, weights: { whole: 10 } };
const found = (group: string, whole: number) => ({ isTrue: false, group, figures: { whole } });

describe("false alarms of photos that were not used before", () => {
  it("are counted for each look-up of a device that keeps 20,000 photos, upright and mirrored", () => {
    const chance = [found("chance", 1.2), found("chance", 0.9)];

    const { mirrored, byChance } = falseAlarmsOf(
      { chance, upright: [], lookUps: 5_425, comparisons: 14_712_600 },
      CURVE,
    );

    expect(mirrored).toBe(1);
    expect(byChance.value).toBeCloseTo(0.0027, 4);
    expect(byChance.low).toBeLessThan(0.001);
    expect(byChance.high).toBeGreaterThan(0.015);
  });

  it("are counted upright, too, however much one photo looks like another: no rule leaves any out", () => {
    const upright = [found("upright", 1.5), found("upright", 1.1), found("upright", 0.2)];

    const alarms = falseAlarmsOf({ chance: [], upright, lookUps: 10, comparisons: 45 }, CURVE);

    expect(alarms).toMatchObject({ uprightAlarms: 2, upright: { value: 0.2, n: 10 }, mirrored: 0 });
  });
});
