import { assert, constantFrom, double, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  airnow2023,
  barkjohn2021,
  epa2021TwoPart,
  evaluate,
  hackair10,
  hackair25,
  koehler25,
} from "../../../../cloud/air/correction/evaluate.ts";
import { atm, cf1, FORMULAS, formulaOf, pm10, pm25 } from "../../../../cloud/air/correction/formulas.ts";

describe("the EPA/AirNow correction of 2023", () => {
  // Derived from the published coefficients; see shared/air/vectors.json, purpleair_airnow_piecewise.
  it.each([
    [30, 50, 17.16],
    [40, 50, 27.64],
    [210, 50, 166.5],
    [235, 50, 200.04245],
    [260, 50, 242.1244],
    [500, 50, 568.966],
    [16.76, 14, 13.32544],
  ])("makes %f µg/m³ at %f %% to %f", (mass, humidity, expected) => {
    expect(airnow2023(atm(mass), humidity)).toBeCloseTo(expected, 6);
  });

  it("leaves zero zero, and makes nothing negative", () => {
    expect(airnow2023(atm(0), 50)).toBe(0);
    expect(airnow2023(atm(0.1), 100)).toBe(0);
  });

  it("gives nothing without a humidity", () => {
    expect(airnow2023(atm(12), null)).toBeNull();
    expect(evaluate(formulaOf("epa-2023"), 12, { humidity: null, temperature: 20 })).toBe("no-humidity");
    expect(evaluate(formulaOf("epa-2023"), 12, { humidity: 255, temperature: 20 })).toBe("no-humidity");
  });

  it("takes no other scale than ATM", () => {
    // @ts-expect-error CF1 is another scale.
    airnow2023(cf1(12), 50);
    // @ts-expect-error an SDS011 has neither.
    airnow2023(pm25(12), 50);
    // @ts-expect-error ATM is another scale.
    barkjohn2021(atm(12), 50);
  });
});

describe("the EPA corrections of 2021", () => {
  it.each([
    [0, 0, 21, 3.944],
    [118, 98, 95, 53.74],
    [395, 405, 95, 249.85],
    [0, 0, 90, 0],
  ])("make %f and %f at %f %% to %f, in two parts", (a, b, humidity, expected) => {
    expect(epa2021TwoPart(cf1(a), cf1(b), humidity)).toBeCloseTo(expected, 6);
  });

  it("are one equation up to 300 µg/m³, and nothing above", () => {
    expect(barkjohn2021(cf1(100), 50)).toBeCloseTo(0.524 * 100 - 0.0862 * 50 + 5.75, 9);
    expect(barkjohn2021(cf1(301), 50)).toBeNull();
  });
});

describe("the corrections for swollen particles", () => {
  it("follow hackAIR", () => {
    expect(hackair10(pm10(100), 0)).toBe(100);
    expect(hackair10(pm10(100), 95)).toBeCloseTo(62.3186, 4);
    expect(hackair25(pm25(100), 70)).toBeCloseTo(97.7817, 4);
  });

  it("follow κ-Köhler: half at the humidity where the growth is two, untouched in dry air, nothing in fog", () => {
    expect(koehler25(pm25(50), 100 / (1 + 0.22 / 1.65))).toBeCloseTo(25, 9);
    expect(koehler25(pm25(50), 0)).toBe(50);
    expect(koehler25(pm25(50), 97)).toBeNull();
    expect(koehler25(pm25(50), 80, 0.4)).toBeLessThan(koehler25(pm25(50), 80) ?? 0);
  });
});

describe("every formula", () => {
  it("has no jump at the ends of its blends, gives no negative or endless value, and grows with the mass", () => {
    const mass = double({ min: 0, max: 5_000, noNaN: true });
    const humidity = double({ min: 0, max: 100, noNaN: true });
    assert(
      property(constantFrom(...FORMULAS), mass, mass, humidity, (formula, a, b, percent) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const around = { humidity: percent, temperature: 10 };
        const [less, more] = [evaluate(formula, low, around), evaluate(formula, high, around)];
        for (const value of [less, more]) {
          if (typeof value === "number") expect(value >= 0 && Number.isFinite(value)).toBe(true);
        }
        // Two parts are two parts: the published formula has a jump at 343, and a zero that stays zero is one as well.
        const hasJump = formula.id === "epa-2021-two-part" || low === 0;
        if (!hasJump && typeof less === "number" && typeof more === "number") expect(more).toBeGreaterThanOrEqual(less);
      }),
    );
  });

  it("refuses what is no mass", () => {
    for (const mass of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(evaluate(formulaOf("epa-2023"), mass, { humidity: 50, temperature: null })).toBe("no-mass");
    }
  });
});
