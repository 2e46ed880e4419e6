/**
 * How far ahead of ours a device's clock may be. A cheap real-time clock drifts by seconds a day and the minute or two
 * between two settings are forgiven; what is further ahead is a wrong clock, and says nothing of now.
 */
export const MAX_AHEAD_MS = 5 * 60_000;

/** Whether a time lies so far in the future that its clock must be wrong. */
export const isAhead = (atMs: number, nowMs: number): boolean => atMs > nowMs + MAX_AHEAD_MS;

/** For sorting: newest first, and what claims to be from the future last. */
export function compareNewest(a: { readonly at: number }, b: { readonly at: number }, nowMs: number): number {
  return Number(isAhead(a.at, nowMs)) - Number(isAhead(b.at, nowMs)) || b.at - a.at;
}
