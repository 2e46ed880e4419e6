import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  afterRestart,
  countWrites,
  type DailyWrites,
  judgeWrites,
  type Look,
  NOTHING_WRITTEN,
} from "../../../edge/storage/daily-writes.ts";

const MB = 1_000_000;
const MINUTE_MS = 60_000;

const aLook = (change: Partial<Look> = {}): Look => ({
  day: "2026-11-22",
  boot: "boot-1",
  elapsedMs: MINUTE_MS,
  ownBytes: 0,
  cardBytes: 0,
  ...change,
});

const count = (looks: readonly Partial<Look>[], begin: DailyWrites = NOTHING_WRITTEN) =>
  looks.reduce<DailyWrites>((writes, look) => countWrites(writes, aLook(look)), begin);

describe("countWrites", () => {
  it("counts what came since the look before; of the card's first look nothing is known to be of today", () => {
    const { today } = count([
      { ownBytes: 3, cardBytes: 9_000 },
      { ownBytes: 10, cardBytes: 9_500 },
    ]);

    expect(today).toEqual({ day: "2026-11-22", ownBytes: 10, cardBytes: 500 });
  });

  it("goes on over a restart of the program and of the machine, and counts what their starts wrote", () => {
    const before = count([{ cardBytes: 1_000 }, { ownBytes: 10, cardBytes: 2_000 }]);

    const restarted = count([{ ownBytes: 4, cardBytes: 2_500 }], afterRestart(before));
    const rebooted = count([{ ownBytes: 4, cardBytes: 300, boot: "boot-2" }], afterRestart(before));

    expect(restarted.today).toMatchObject({ ownBytes: 14, cardBytes: 1_500 });
    expect(rebooted.today).toMatchObject({ ownBytes: 14, cardBytes: 1_300 });
  });

  it("begins a new day with the date, and keeps the whole one before", () => {
    const writes = count([{ ownBytes: 10 }, { ownBytes: 15, day: "2026-11-23" }]);

    expect(writes.today).toMatchObject({ day: "2026-11-23", ownBytes: 5 });
    expect(writes.before).toMatchObject({ day: "2026-11-22", ownBytes: 10 });
  });

  it("has days of 24 hours where the time is not known, and takes the date once it is", () => {
    const unknown = { day: null, elapsedMs: 12 * 60 * MINUTE_MS };
    const day = count([{ ...unknown, ownBytes: 10 }]);
    const next = count([{ ...unknown, ownBytes: 11 }], day);

    expect(day.today).toMatchObject({ day: null, ownBytes: 10 });
    expect(next.today).toMatchObject({ ownBytes: 1 });
    expect(count([{ ownBytes: 12 }], day).today).toMatchObject({ day: "2026-11-22", ownBytes: 12 });
  });

  it("counts nothing of what cannot be read", () => {
    const writes = count([
      { ownBytes: 10, cardBytes: 100 },
      { ownBytes: null, cardBytes: null },
      { ownBytes: 12, cardBytes: 130 },
    ]);

    expect(writes.today).toMatchObject({ ownBytes: 12, cardBytes: 30 });
    expect(count([{ cardBytes: null }]).today.cardBytes).toBeNull();
  });

  it("counts each byte of a day once, whatever restarts there are between", () => {
    const step = fc.record({ bytes: fc.nat(1_000), isRestart: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let writes = NOTHING_WRITTEN;
        let own = 0;
        for (const { bytes, isRestart } of steps) {
          if (isRestart) {
            own = 0;
            writes = afterRestart(writes);
          }
          own += bytes;
          writes = countWrites(writes, aLook({ ownBytes: own }));
        }
        expect(writes.today.ownBytes).toBe(steps.reduce((sum, { bytes }) => sum + bytes, 0));
      }),
    );
  });
});

describe("judgeWrites", () => {
  const day = "2026-11-22";

  it("is content within the budget", () => {
    expect(judgeWrites({ day, ownBytes: 40 * MB, cardBytes: 500 * MB }, 500 * MB)).toEqual({
      isOver: false,
      packFactor: 1,
    });
  });

  it("packs longer where we write too much, and only says so where others do", () => {
    expect(judgeWrites({ day, ownBytes: 60 * MB, cardBytes: 501 * MB }, 500 * MB)).toEqual({
      isOver: true,
      packFactor: 10,
    });
    expect(judgeWrites({ day, ownBytes: 600 * MB, cardBytes: null }, 500 * MB)).toEqual({
      isOver: true,
      packFactor: 10,
    });
    expect(judgeWrites({ day, ownBytes: 40 * MB, cardBytes: 900 * MB }, 500 * MB)).toEqual({
      isOver: true,
      packFactor: 1,
    });
  });
});
