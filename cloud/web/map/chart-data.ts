/** One point of a series: [UTC ms, value]. */
export type Point = readonly [number, number];

/** Periods that a chart can show. */
export const chartRanges = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;
export type ChartRange = keyof typeof chartRanges;

/** A pause this many times longer than usual is a gap, and no line is drawn across it. */
const GAP_FACTOR = 4;

/** What the chart draws: seconds and values, with null where nothing was measured. */
export interface ChartData {
  readonly seconds: number[];
  readonly values: (number | null)[];
}

function usualStepMs(points: readonly Point[]): number {
  const steps = points.slice(1).map(([at], i) => at - (points[i]?.[0] ?? at));
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** Points as the chart wants them, broken where the station was silent: a straight line there would be an invention. */
export function chartData(points: readonly Point[]): ChartData {
  const gapMs = usualStepMs(points) * GAP_FACTOR;
  const data: ChartData = { seconds: [], values: [] };
  let previous: number | undefined;
  for (const [at, value] of points) {
    if (previous !== undefined && at - previous > gapMs) {
      data.seconds.push((previous + at) / 2_000);
      data.values.push(null);
    }
    data.seconds.push(at / 1_000);
    data.values.push(value);
    previous = at;
  }
  return data;
}

/** A series with the newest live value at its end, within its period. */
export function withNewest(
  points: readonly Point[],
  newest: Point | undefined,
  fromMs: number,
  toMs: number,
): readonly Point[] {
  const kept = points.filter(([at]) => at >= fromMs);
  const last = kept.at(-1);
  if (newest === undefined || newest[0] < fromMs || newest[0] > toMs || (last !== undefined && newest[0] <= last[0]))
    return kept;
  return [...kept, newest];
}

/** Lowest, highest and last value, for the words under the chart; undefined for no points. */
export function summaryOf(points: readonly Point[]): { lowest: number; highest: number; last: number } | undefined {
  const last = points.at(-1);
  if (last === undefined) return undefined;
  let lowest = last[1];
  let highest = last[1];
  for (const [, value] of points) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  return { lowest, highest, last: last[1] };
}
