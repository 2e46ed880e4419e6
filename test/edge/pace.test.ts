import { describe, expect, it } from "vitest";
import { createPace, NO_THRIFT, type PaceSettings, paceOf } from "../../edge/pace.ts";

const SETTINGS: PaceSettings = { everyMs: 60_000, samplesPerPack: 2, particleWorkMs: 0, healthEveryMs: 60_000 };

describe("paceOf", () => {
  it("changes nothing where nothing is to be saved", () => {
    expect(paceOf(SETTINGS, NO_THRIFT)).toEqual(SETTINGS);
  });

  it("stretches rounds up to an hour, and never below what the settings themselves want", () => {
    expect(paceOf(SETTINGS, { ...NO_THRIFT, stretch: 4 }).everyMs).toBe(240_000);
    expect(paceOf(SETTINGS, { ...NO_THRIFT, stretch: 1_000 }).everyMs).toBe(3_600_000);
    expect(paceOf({ ...SETTINGS, everyMs: 7_200_000 }, { ...NO_THRIFT, stretch: 4 }).everyMs).toBe(7_200_000);
  });

  it("packs longer, up to what a reading may hold", () => {
    const quick = { ...SETTINGS, everyMs: 100, samplesPerPack: 3_000 };

    expect(paceOf(SETTINGS, { ...NO_THRIFT, packFactor: 10 })).toMatchObject({ samplesPerPack: 20, everyMs: 60_000 });
    expect(paceOf(quick, { ...NO_THRIFT, packFactor: 10 }).samplesPerPack).toBe(3_600);
  });

  it("keeps no more than an hour of rounds out of the outbox, unless the settings themselves do", () => {
    const post = { ...SETTINGS, everyMs: 600_000, samplesPerPack: 6 };
    const long = { ...SETTINGS, everyMs: 600_000, samplesPerPack: 12 };

    expect(paceOf({ ...SETTINGS, samplesPerPack: 10 }, { ...NO_THRIFT, packFactor: 10 }).samplesPerPack).toBe(60);
    expect(paceOf(post, { ...NO_THRIFT, packFactor: 10 }).samplesPerPack).toBe(6);
    expect(paceOf(post, { ...NO_THRIFT, packFactor: 10, stretch: 10 })).toMatchObject({
      everyMs: 3_600_000,
      samplesPerPack: 1,
    });
    expect(paceOf(long, { ...NO_THRIFT, stretch: 2 })).toMatchObject({ everyMs: 1_200_000, samplesPerPack: 6 });
  });

  it("lets particle sensors sleep only where rounds leave them time to warm up", () => {
    const sleeping = { ...NO_THRIFT, letParticlesSleep: true };

    expect(paceOf(SETTINGS, sleeping).particleWorkMs).toBe(0);
    expect(paceOf(SETTINGS, { ...sleeping, stretch: 3 }).particleWorkMs).toBe(40_000);
    expect(paceOf({ ...SETTINGS, particleWorkMs: 45_000 }, { ...sleeping, stretch: 3 }).particleWorkMs).toBe(45_000);
  });
});

describe("createPace", () => {
  it("tells of a change once, and of none where nothing has changed", () => {
    const pace = createPace(SETTINGS);
    let told = 0;
    const stop = pace.onChange(() => {
      told += 1;
    });

    pace.adopt({ everyMs: 60_000 });
    pace.spare({ stretch: 1 });
    expect(told).toBe(0);
    pace.spare({ stretch: 2 });
    expect(told).toBe(1);
    expect(pace.now().everyMs).toBe(120_000);
    stop();
    pace.adopt({ everyMs: 10_000 });
    expect(told).toBe(1);
    expect(pace.now().everyMs).toBe(20_000);
  });
});
