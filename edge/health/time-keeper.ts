import { CRYSTAL_DRIFT, type KnownClock } from "#contract/clocks.ts";
import type { ClockQuality } from "#contract/messages.ts";

/**
 * A moment that something vouched for. From there the time goes on along the monotonic clock: the wall clock is looked at
 * twice a minute and only ever makes a new anchor, so a jump of it never reaches a stamp.
 */
export interface Anchor {
  readonly atMs: number;
  readonly monotonicMs: number;
  readonly quality: KnownClock;
}

/** What there is to see of the time at one moment. */
export interface Look {
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** How far the machine's wall clock may be trusted now. */
  readonly host: ClockQuality;
  /** UTC ms by the satellites, undefined while they are not heard. */
  readonly satelliteMs: number | undefined;
}

/** What is known of the time. */
export interface KnownTime {
  readonly at: number | null;
  readonly clock: ClockQuality;
}

/**
 * For so long a time that satellites or the network gave is as good as new without them: 0.36 s at `CRYSTAL_DRIFT`, less than the
 * second to which gpsd's reports are right. After that it goes on as `rtc`: nobody vouches for it any more.
 */
export const VOUCHED_FOR_MS = 3_600_000;
/** After so long it is not worth the name `rtc` either, whose error is stated as five minutes: 4.3 min at `CRYSTAL_DRIFT`. */
export const CARRIED_FOR_MS = 30 * 86_400_000;
/** Two clocks that differ by less agree. */
const AGREE_MS = 2_000;
/**
 * A new anchor that says the same within this changes nothing but the age: a serial line brings each report a little earlier
 * or later, and times that step with every look cannot be packed (common/contract/sample-table.ts).
 */
const STEADY_MS = 100;

const UNKNOWN: KnownTime = { at: null, clock: "none" };

/** The time at a moment of the monotonic clock, not rounded, and how far it may be trusted by then. */
export function readTime(anchor: Anchor | undefined, monotonicMs: number): KnownTime {
  if (anchor === undefined) return UNKNOWN;
  const ageMs = monotonicMs - anchor.monotonicMs;
  if (ageMs > CARRIED_FOR_MS) return UNKNOWN;
  return { at: anchor.atMs + ageMs, clock: ageMs > VOUCHED_FOR_MS ? "rtc" : anchor.quality };
}

/**
 * The anchor after a look. Satellites win, then a wall clock that its host vouches for. A wall clock that nobody vouches
 * for is believed where nothing better is known; where it contradicts what is known it is not followed: somebody set it,
 * or its battery is dead.
 */
export function follow(
  anchor: Anchor | undefined,
  { monotonicMs, wallMs, host, satelliteMs }: Look,
): Anchor | undefined {
  const known = readTime(anchor, monotonicMs);
  const anchorAt = (atMs: number, quality: Anchor["quality"]): Anchor => {
    const isSame = known.at !== null && Math.abs(known.at - atMs) <= STEADY_MS;
    return { atMs: isSame ? known.at : atMs, monotonicMs, quality };
  };
  if (satelliteMs !== undefined) return anchorAt(satelliteMs, "gps");
  if (host === "gps" || host === "ntp") return anchorAt(wallMs, host);
  if (host === "none") return known.at === null ? undefined : anchor;
  const isRefreshed = known.clock === "rtc" && !contradicts(anchor, { monotonicMs, wallMs });
  return known.at === null || isRefreshed ? anchorAt(wallMs, "rtc") : anchor;
}

/** Whether the wall clock says something else than what is known, beyond what the crystal may have done since. */
export function contradicts(anchor: Anchor | undefined, look: Pick<Look, "monotonicMs" | "wallMs">): boolean {
  const { at } = readTime(anchor, look.monotonicMs);
  if (anchor === undefined || at === null) return false;
  return Math.abs(look.wallMs - at) > AGREE_MS + CRYSTAL_DRIFT * (look.monotonicMs - anchor.monotonicMs);
}

const WORTH: readonly ClockQuality[] = ["none", "rtc", "ntp", "gps"];

/** Whether one quality is worth more than another. */
export const isBetter = (one: ClockQuality, other: ClockQuality): boolean => WORTH.indexOf(one) > WORTH.indexOf(other);
