import { assert, constantFrom, double, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { nextWave, type RolloutFacts } from "../../../../cloud/fleet/waves/next-wave.ts";
import { RolloutPlan, Standing } from "../../../../cloud/fleet/waves/rollouts.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = 1_800_000_000_000;

const facts = (counts: RolloutFacts["counts"], change: Partial<RolloutFacts> = {}): RolloutFacts => ({
  plan: RolloutPlan.parse({}),
  wave: 0,
  waveSinceMs: NOW - 2 * DAY_MS,
  nowMs: NOW,
  expiresAtMs: NOW + 30 * DAY_MS,
  counts,
  ...change,
});
const next = (...args: Parameters<typeof facts>) => nextWave(facts(...args)).next;

describe("the next wave", () => {
  it("comes once the wave has soaked and enough of it is well", () => {
    expect(next({ well: 1 })).toBe("advance");
    expect(next({ well: 5, unheard: 5 }, { wave: 1 })).toBe("advance");
    expect(next({ well: 60, unheard: 40 }, { wave: 2 })).toBe("done");
  });

  it.each([
    ["the wave has not soaked", { well: 10 }, { waveSinceMs: NOW - HOUR_MS }],
    ["too few results are here", { well: 4, unheard: 6 }, { wave: 1 }],
    ["nobody has it yet", {}, {}],
    ["its devices are still on trial", { trial: 10 }, {}],
    ["they say that they are well, and nobody has heard of them since", { unproven: 10 }, {}],
    ["they wait for something", { waiting: 10 }, {}],
    ["it is for none of them", { unfit: 10 }, {}],
    ["more than one in twenty is silent, as trucks are from Friday to Monday", { silent: 4, well: 70 }, { wave: 2 }],
    ["the first device is silent", { silent: 1 }, {}],
    ["all devices are away", { away: 10 }, {}],
    ["one of many has failed, and more may be well", { returned: 1, downloading: 30 }, { wave: 1 }],
  ])("does not come while %s", (_what, counts, change) => {
    expect(next(counts, change)).toBe("hold");
  });

  it.each([
    ["two of the first wave have failed", { returned: 2, well: 98 }, {}],
    ["the only device of the first wave has failed", { refused: 1 }, {}],
    ["more than one in twenty has failed", { refused: 3, returned: 3, well: 94 }, { wave: 1 }],
    [
      "half of those that have begun have failed, and the rest is not heard",
      { unwell: 5, well: 5, unheard: 990 },
      { wave: 2 },
    ],
    ["it has expired", { downloading: 3 }, { expiresAtMs: NOW }],
  ])("never comes, and the rollout is stopped, when %s", (_what, counts, change) => {
    expect(next(counts, change)).toBe("stop");
  });

  it("counts no device that the update is not for, such as those with another kind of machine", () => {
    expect(next({ well: 1, unfit: 2 })).toBe("advance");
    expect(next({ well: 45, unheard: 45, unfit: 10 }, { wave: 2 })).toBe("done");
  });

  it("does not wait for devices that are away", () => {
    expect(next({ well: 490, away: 510 }, { wave: 2 })).toBe("done");
    expect(nextWave(facts({ well: 4, unheard: 6, away: 3 }, { wave: 1 })).why).toBe(
      "4 of 5 results are here that are needed; 3 more devices are away and not waited for",
    );
  });

  it("has a limit that is the plan's", () => {
    const plan = RolloutPlan.parse({ failurePercent: 20, enoughPercent: 100, soakHours: 0 });

    expect(next({ returned: 2, well: 10 }, { plan, wave: 1 })).toBe("advance");
    expect(next({ returned: 3, well: 10 }, { plan, wave: 1 })).toBe("stop");
    expect(next({ well: 10, trial: 1 }, { plan, wave: 1 })).toBe("hold");
  });
});

const FAILED: readonly Standing[] = ["refused", "returned", "unwell"];
const COUNTED = Standing.options.filter((one) => one !== "away" && one !== "unfit");
// Few failures, so that rollouts also go on.
const most = (one: Standing) => (FAILED.includes(one) || one === "silent" ? 2 : 40);
const counts = record(Object.fromEntries(Standing.options.map((one) => [one, integer({ min: 0, max: most(one) })])), {
  requiredKeys: [],
});
const anyFacts = record({
  plan: record({
    tenants: constantFrom(null),
    waves: constantFrom<number[]>([1, 10, 100], [100], [5, 50]),
    soakHours: double({ min: 0, max: 100, noNaN: true }),
    silentHours: constantFrom(48),
    failurePercent: double({ min: 0, max: 50, noNaN: true }),
    enoughPercent: double({ min: 1, max: 100, noNaN: true }),
  }),
  wave: integer({ min: 0, max: 1 }),
  waveSinceMs: integer({ min: NOW - 5 * DAY_MS, max: NOW }),
  nowMs: constantFrom(NOW),
  expiresAtMs: integer({ min: NOW - DAY_MS, max: NOW + 10 * DAY_MS }),
  counts,
});
const sum = (one: RolloutFacts["counts"], names: readonly Standing[]) =>
  names.reduce((n, name) => n + (one[name] ?? 0), 0);

describe("whatever devices say, a rollout", () => {
  it("goes on only after its soak, with enough results, at least one good one, and failures within the limit", () => {
    assert(
      property(anyFacts, (one) => {
        const decision = nextWave(one).next;
        if (decision !== "advance" && decision !== "done") return;
        const members = sum(one.counts, COUNTED);
        const failed = sum(one.counts, FAILED);
        expect(one.nowMs - one.waveSinceMs).toBeGreaterThanOrEqual(one.plan.soakHours * HOUR_MS - 1);
        expect(one.counts.well ?? 0).toBeGreaterThanOrEqual(1);
        expect((one.counts.well ?? 0) + failed).toBeGreaterThanOrEqual((one.plan.enoughPercent / 100) * members);
        expect(failed).toBeLessThanOrEqual((one.plan.failurePercent / 100) * members);
        if (one.wave === 0) expect(failed).toBeLessThan(2);
        expect(one.nowMs).toBeLessThan(one.expiresAtMs);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is stopped whenever more than the limit of all that have it have failed, or two of the first wave", () => {
    assert(
      property(anyFacts, (one) => {
        const members = sum(one.counts, COUNTED);
        const failed = sum(one.counts, FAILED);
        const isTooMuch = failed > (one.plan.failurePercent / 100) * members || (one.wave === 0 && failed >= 2);
        if (isTooMuch) expect(nextWave(one).next).toBe("stop");
      }),
      { numRuns: 5_000 },
    );
  });

  it("that is stopped is not set going by one more failure", () => {
    assert(
      property(anyFacts, constantFrom(...FAILED), (one, kind) => {
        if (nextWave(one).next !== "stop") return;
        const worse = { ...one.counts, [kind]: (one.counts[kind] ?? 0) + 1 };
        expect(nextWave({ ...one, counts: worse }).next).toBe("stop");
      }),
      { numRuns: 5_000 },
    );
  });
});
