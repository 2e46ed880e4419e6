import { RECORD_CLASSES } from "#contract/topics.ts";
import { countOf } from "#kit/ranges.ts";
import type { Month } from "./run-month.ts";

/** What became of a month, for a person. */
export function tableOf(month: Month): string {
  const { said, dropped, gaps, last, received, lost, visits, keptVisits, points } = month;
  const rows = RECORD_CLASSES.map((name) => {
    const kept = said[name] - dropped[name];
    const share = said[name] === 0 ? 100 : (kept / said[name]) * 100;
    return `  ${name.padEnd(8)} ${cell(said[name])} ${cell(dropped[name])} ${cell(kept)} ${share.toFixed(1).padStart(7)} %`;
  });
  const repaired = repairsOf(month);
  const timed = keptVisits.filter(({ endedAt }) => endedAt !== null);
  return [
    `a month of ${month.rounds} rounds, 27 days of it without a link, in ${month.tookS.toFixed(0)} s`,
    `  class        said  dropped     kept    share`,
    ...rows,
    `numbers: 1 to ${last}; ${countOf(received) - countOf(lost)} in the cloud, ${countOf(lost)} in gaps (${[...gaps].map(([name, ranges]) => `${name} ${countOf(ranges)}`).join(", ")}), ${last - countOf(received)} unaccounted for`,
    `alerts: ${month.alerts}; visits: ${keptVisits.length} of ${visits.size}, ${timed.length} with a time; photos whole: ${month.wholePhotos} of ${visits.size * 2}`,
    `points: ${points.length}; dead letters: ${month.deadLetters}`,
    `times repaired: ${month.repairedReadings} readings, ${repaired.length} samples; ${worstOf(repaired)}`,
    `time unknown for ever: ${month.unknownReadings} readings`,
    `outbox on disk: ${(month.diskBytes / 1024 / 1024).toFixed(1)} MiB at most`,
  ].join("\n");
}

/** Each repaired sample: how far its time is off, and how far it is stated to be. */
export function repairsOf({
  points,
  startMs,
}: Month): readonly { readonly offMs: number; readonly statedMs: number }[] {
  return points.flatMap(({ repairedBy, errorMs = 0, at, round }) =>
    repairedBy === undefined ? [] : [{ offMs: Math.abs(at - (startMs + round * 60_000)), statedMs: errorMs }],
  );
}

const cell = (n: number) => String(n).padStart(8);

/** The sample that is off most, and the one that uses most of what is stated of it. */
function worstOf(repairs: ReturnType<typeof repairsOf>): string {
  const said = ({ offMs, statedMs }: { readonly offMs: number; readonly statedMs: number }) =>
    `${Math.round(offMs)} ms off where ${Math.round(statedMs)} ms were stated`;
  const [most] = repairs.toSorted((a, b) => b.offMs - a.offMs);
  const [nearest] = repairs.toSorted((a, b) => b.offMs / b.statedMs - a.offMs / a.statedMs);
  return most === undefined || nearest === undefined
    ? "none"
    : `worst ${said(most)}; nearest to its bound ${said(nearest)}`;
}
