/** Bounds of a retry delay in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Delay before retry number `attempt` (0 is the first): exponential with full jitter, so that a fleet that lost its
 * broker does not come back in step. `random` is in [0, 1).
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempt: number, { baseMs, maxMs }: Backoff, random: number): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(baseMs / 2 + random * (ceilingMs - baseMs / 2));
}
