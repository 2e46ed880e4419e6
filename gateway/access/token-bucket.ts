/**
 * A token bucket as one number: the moment at which it is full again (the generic cell rate algorithm of ITU-T I.371,
 * written in time instead of tokens). It costs no memory but that number, and no work while it rests.
 *
 * A bucket holds what comes into it within `burstMs`. The last read may overdraw it, since that is taken whole; the debt is
 * waited for like everything else.
 */

/** When a bucket that would be full at `beforeMs` is full again after `taken` was taken out of it at `nowMs`. */
export const fullAtMs = (beforeMs: number, nowMs: number, taken: number, perSecond: number): number =>
  Math.max(beforeMs, nowMs) + (taken * 1000) / perSecond;

/** How long a bucket stays empty; 0 while something is in it. */
export const emptyForMs = (fullAt: number, nowMs: number, burstMs: number): number =>
  Math.max(0, fullAt - nowMs - burstMs);
