/** Whether two channels of one device contradict each other: USEPA sensortoolkit, `_purpleair_abcleaning.py`. */
export function doChannelsDisagree(a: number, b: number): boolean {
  const difference = Math.abs(a - b);
  return difference > 5 && 2 * difference > 0.7 * (a + b);
}

/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Makes a median of distances as wide as a standard deviation, where errors are normal. */
const MAD_TO_SIGMA = 1.4826;

const spreadAround = (centre: number, values: readonly number[]): number =>
  MAD_TO_SIGMA * median(values.map((value) => Math.abs(value - centre)));

/** So many samples before are needed to call something a jump. */
export const SPIKE_NEEDS = 3;

/**
 * Whether a mass (µg/m³) has jumped from what the sensor said before: by more than 30, by more than four times its own spread,
 * and by more than three quarters of the larger of the two levels. Once two samples in a row say the new level it is one.
 */
export function hasJumped(mass: number, before: readonly number[]): boolean {
  if (before.length < SPIKE_NEEDS) return false;
  const level = median(before);
  const isJump = (from: number) => Math.abs(mass - from) > Math.max(30, 0.75 * Math.max(mass, from));
  if (!isJump(level) || Math.abs(mass - level) <= 4 * spreadAround(level, before)) return false;
  return before.slice(-2).some(isJump);
}

/** So many neighbours are needed to say anything (research/air.md 3.3, AirGradient). */
export const NEIGHBOURS_NEEDED = 3;

/** What the neighbours say together, in µg/m³. */
export interface NeighbourLevel {
  readonly middle: number;
  /** How far a good sensor may be from it. */
  readonly tolerance: number;
}

/**
 * What at least three neighbours say; undefined of fewer. titanlib's buddy check with the median and the median distance in place of mean and
 * standard deviation, so that one neighbour at 2,000 µg/m³ moves nothing: four spreads, and never less than 15 µg/m³ or
 * 70 % of the level (instruments of different makers differ by that much, and smoke has edges).
 */
export function levelOfNeighbours(levels: readonly number[]): NeighbourLevel | undefined {
  if (levels.length < NEIGHBOURS_NEEDED) return undefined;
  const middle = median(levels);
  return { middle, tolerance: Math.max(15, 0.7 * middle, 4 * spreadAround(middle, levels)) };
}

/** Clean air is the same for everybody, and a ratio of two small numbers is noise: so much (µg/m³) is added to both. */
const RATIO_FLOOR = 5;

/** The natural logarithm of a level against its neighbours'. */
export const lnRatio = (level: number, middle: number): number =>
  Math.log((Math.max(0, level) + RATIO_FLOOR) / (Math.max(0, middle) + RATIO_FLOOR));

/** Two weeks are the least that says something of a sensor and not of its weather. */
const DRIFT_DAYS = 14;
const DOUBLE = Math.log(2);
const HALF_AS_MUCH_AGAIN = Math.log(1.5);

const meanOf = (days: readonly { readonly mean: number }[]) =>
  days.reduce((sum, { mean }) => sum + mean, 0) / days.length;

/**
 * Whether a sensor has drifted from its neighbours, from its mean `ln` ratio of each day: over 14 days at least a factor of two
 * away, or within 21 days a factor of 1.5 further away than it was, by the means of a week at either end.
 */
export function hasDrifted(days: readonly { readonly mean: number }[]): boolean {
  if (days.length < DRIFT_DAYS) return false;
  const now = Math.abs(meanOf(days.slice(-DRIFT_DAYS)));
  if (now > DOUBLE) return true;
  if (days.length < 21) return false;
  const [first, last] = [meanOf(days.slice(0, 7)), meanOf(days.slice(-7))];
  return Math.abs(last) > Math.abs(first) && Math.abs(last - first) > HALF_AS_MUCH_AGAIN;
}
