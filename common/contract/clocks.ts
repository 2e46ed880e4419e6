import type { ClockQuality } from "./messages.ts";

/** 2026-01-01: no device ran this program before, so an earlier clock is wrong. */
export const EARLIEST_MS = 1_767_225_600_000;

/** A clock that knows the time. */
export type KnownClock = Exclude<ClockQuality, "none">;

/**
 * How far from the truth a time of each quality is stated to be, in ms: gpsd's reports over a serial line are right to
 * about a second, and timesyncd over a mobile network is far better than two; a real-time clock, or a time that was carried
 * on for a month, is forgiven five minutes.
 */
export const CLOCK_ERROR_MS = { gps: 2_000, ntp: 2_000, rtc: 300_000 } as const satisfies Record<KnownClock, number>;

/**
 * How far the monotonic clock of a board may run from true: a crystal is sold with 20 to 50 ppm at 25 °C, and a
 * tuning fork or an AT cut loses up to as much again in frost. Raspberry Pi names no figure of its own.
 */
export const CRYSTAL_DRIFT = 100e-6;
