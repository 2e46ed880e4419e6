import { expect, it } from "vitest";
import { CLOCK_ERROR_MS } from "#contract/clocks.ts";
import { countOf, type Ranges, unite } from "#kit/ranges.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type Month, runMonth } from "./month/run-month.ts";
import { LONG_MONTH, SHORT_MONTH } from "./month/scales.ts";
import { repairsOf, tableOf } from "./month/table.ts";

const SCALE = process.env.DVORNIK_LONG === "1" ? LONG_MONTH : SHORT_MONTH;
const MINUTE = 60_000;
/** Rounds of the day between two power cuts of which nothing ever tells the time. */
const LOST_DAY = { first: 15 * 1_440, last: 16 * 1_440 - 1 };

const gapsOf = ({ gaps }: Month): Ranges => [...gaps.values()].reduce<Ranges>((all, of) => unite(all, of), []);
const trueMsOf = ({ startMs }: Month, round: number) => startMs + round * MINUTE;

it("a month with 27 days without a link, an outbox of 64 MiB, reboots and a clock lost twice: alerts, visits and readings survive, every number is in the cloud or in a gap, and times are repaired", async () => {
  const month = await runMonth(await tempFolder(), SCALE);
  process.stdout.write(`${tableOf(month)}\n`);
  const { said, dropped, last, received, lost } = month;

  // Every number of the log came, or stands in a gap of the device; nothing else was lost.
  expect(received).toEqual([[1, last]]);
  expect(lost).toEqual(gapsOf(month));
  expect(countOf(lost)).toBeGreaterThan(1_000);
  expect(month.deadLetters).toBe(0);

  // Beside the 64 MiB of records the files hold what SQLite has not written back yet.
  expect(month.diskBytes).toBeGreaterThan(SCALE.outboxBytes / 2);
  expect(month.diskBytes).toBeLessThan(SCALE.outboxBytes * 1.125);

  // What is worth most survives; photos go first and whole.
  expect([dropped.alert, dropped.visit, dropped.reading]).toEqual([0, 0, 0]);
  expect(dropped.chunk).toBeGreaterThan(said.chunk / 2);
  expect(month.alerts).toBe(said.alert);
  expect(month.keptVisits.map(({ visit }) => visit).toSorted()).toEqual([...month.visits.keys()].toSorted());
  expect(month.keptVisits.every(({ signature }) => signature === "valid")).toBe(true);
  expect(month.wholePhotos).toBe(month.photosLeft);
  expect(month.wholePhotos).toBeGreaterThan(50);

  // Each round of each sensor is one point, but for those whose time nobody can know: these are still there, and counted.
  const isLost = (round: number) => round >= LOST_DAY.first && round <= LOST_DAY.last;
  const knowable = Array.from({ length: month.rounds }, (_, round) => round).filter((round) => !isLost(round));
  for (const sensor of ["sds011", "bme280"]) {
    const rounds = month.points.filter((point) => point.sensor === sensor).map(({ round }) => round);
    expect(rounds.toSorted((a, b) => a - b)).toEqual(knowable);
  }
  expect(month.unknownReadings).toBe((2 * 1_440) / 10);

  // Each repaired time is within its stated error of the true one, each other one within that of its clock.
  const repairs = repairsOf(month);
  expect(repairs.length).toBeGreaterThan(10_000);
  for (const { offMs, statedMs } of repairs) expect(offMs).toBeLessThanOrEqual(statedMs);
  for (const { at, round, clock, repairedBy } of month.points) {
    if (repairedBy !== undefined) expect(clock).toBe("none");
    else if (clock === "gps" || clock === "ntp" || clock === "rtc") {
      expect(Math.abs(at - trueMsOf(month, round))).toBeLessThanOrEqual(CLOCK_ERROR_MS[clock]);
    } else expect.unreachable(`a point at a time that nobody knew: ${clock}`);
  }
  for (const { visit, endedAt, errorMs } of month.keptVisits) {
    const { endedMs = 0 } = month.visits.get(visit) ?? {};
    const round = (endedMs - month.startMs) / MINUTE;
    if (isLost(round)) expect(endedAt).toBeNull();
    else expect(Math.abs((endedAt ?? 0) - endedMs)).toBeLessThanOrEqual(errorMs ?? CLOCK_ERROR_MS.rtc);
  }
}, 400_000);
