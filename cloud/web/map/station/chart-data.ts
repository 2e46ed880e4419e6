/** One point of a series: [UTC ms, value]; null where nothing can be relied on. */
export type Point = readonly [number, number | null];

/** One line of a chart. */
export interface Line {
  readonly label: string;
  readonly colour: string;
  /** Lengths of dash and gap in pixels; none draws a whole line. Lines are told apart without their colour too. */
  readonly dash: readonly number[];
  readonly points: readonly Point[];
}

/** Periods that a chart can show. */
export const chartRanges = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;
export type ChartRange = keyof typeof chartRanges;

/** A pause this many times longer than usual is a gap, and no line is drawn across it. */
const GAP_FACTOR = 4;

/** What the chart draws: seconds, and of each line a value, null for a gap, undefined where it has no point. */
export interface ChartData {
  readonly seconds: number[];
  readonly lines: (number | null | undefined)[][];
}

function usualStepMs(points: readonly Point[]): number {
  const steps = points.slice(1).map(([at], i) => at - (points[i]?.[0] ?? at));
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** A series broken where the station was silent: a straight line there would be an invention. */
export function withGaps(points: readonly Point[]): readonly Point[] {
  const gapMs = usualStepMs(points) * GAP_FACTOR;
  return points.flatMap((point, i): Point[] => {
    const before = points[i - 1];
    return before !== undefined && point[0] - before[0] > gapMs
      ? [[Math.round((before[0] + point[0]) / 2), null], point]
      : [point];
  });
}

/** Lines on one axis of time. */
export function chartData(lines: readonly (readonly Point[])[]): ChartData {
  const broken = lines.map(withGaps);
  const moments = [...new Set(broken.flatMap((points) => points.map(([at]) => at)))].sort((a, b) => a - b);
  return {
    seconds: moments.map((at) => at / 1_000),
    lines: broken.map((points) => {
      const byMoment = new Map(points);
      return moments.map((at) => byMoment.get(at));
    }),
  };
}

/** Stretches of time, each [from, to] in ms, joined where they touch. */
export function joined(stretches: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const sorted = stretches.toSorted(([a], [b]) => a - b);
  const out: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

/** Lowest, highest and last value, for the words under the chart; undefined for no points. */
export function summaryOf(points: readonly Point[]): { lowest: number; highest: number; last: number } | undefined {
  const values = points.flatMap(([, value]) => value ?? []);
  const last = values.at(-1);
  if (last === undefined) return undefined;
  let lowest = last;
  let highest = last;
  for (const value of values) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  return { lowest, highest, last };
}
