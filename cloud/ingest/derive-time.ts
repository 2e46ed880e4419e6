import { CLOCK_ERROR_MS, CRYSTAL_DRIFT, EARLIEST_MS, type KnownClock } from "#contract/clocks.ts";
import { isAhead } from "../air/believable.ts";

/** A moment of a boot by both counts, as a message carried it. */
export interface TimePair {
  readonly clock: KnownClock;
  /** Milliseconds since boot. */
  readonly up: number;
  /** UTC ms. */
  readonly at: number;
}

/** When a boot began, for moments of it. */
export interface DerivedTime {
  /** UTC ms: the true time of a moment is this plus its `up`. */
  readonly zeroAt: number;
  /** The clock that it was derived from. */
  readonly clock: KnownClock;
  /** How far the derived times may be from the true ones, stated, not measured. */
  readonly errorMs: number;
}

const WORTH = ["rtc", "ntp", "gps"] as const satisfies readonly KnownClock[];
const worthOf = ({ clock }: TimePair): number => WORTH.indexOf(clock);

/**
 * Derives the time of the moments between two counts of one boot; undefined where nothing is known of it, or nothing that
 * can be believed: the moments would lie before the first device or ahead of now, or what is known contradicts itself by
 * more than the worst clock is forgiven (the machine slept, or somebody set its clock).
 *
 * Of all pairs the one with the smallest stated error is taken (the clock's own, and what a crystal may drift over the
 * distance), of equal ones that of the better clock: a near one of satellites or network before a far one, and a real-time
 * clock only where there is nothing else. Where a pair that is worth as much contradicts it, the error grows to cover both.
 */
export function deriveTime(
  pairs: readonly TimePair[],
  fromUp: number,
  toUp: number,
  nowMs: number,
): DerivedTime | undefined {
  const errorOf = ({ clock, up }: TimePair) =>
    CLOCK_ERROR_MS[clock] + CRYSTAL_DRIFT * Math.max(Math.abs(fromUp - up), Math.abs(toUp - up));
  const [best] = pairs.toSorted((a, b) => errorOf(a) - errorOf(b) || worthOf(b) - worthOf(a));
  if (best === undefined) return undefined;
  const zeroOf = ({ at, up }: TimePair) => at - up;
  const zeroAt = zeroOf(best);
  if (zeroAt + fromUp < EARLIEST_MS || isAhead(zeroAt + toUp, nowMs)) return undefined;
  const rivals = pairs.filter((pair) => worthOf(pair) >= worthOf(best));
  const offBy = (pair: TimePair) => Math.abs(zeroOf(pair) - zeroAt);
  if (rivals.some((pair) => offBy(pair) > forgivenMs(pair, best))) return undefined;
  const errorMs = Math.max(errorOf(best), ...rivals.map(offBy));
  return { zeroAt, clock: best.clock, errorMs: Math.ceil(errorMs) };
}

/** How far two moments of one boot may be apart by their clocks before neither is believed. */
const forgivenMs = (one: TimePair, other: TimePair): number =>
  CLOCK_ERROR_MS.rtc + CRYSTAL_DRIFT * Math.abs(one.up - other.up);
