/** How often something may be done: some times at once, then each `everyMs`. */
export interface Ration {
  /** Whether it may be done now; then it counts. Times are of the monotonic clock. */
  take(nowMs: number): boolean;
}

/** Begins full. */
export function createRation(atOnce: number, everyMs: number): Ration {
  let left = atOnce;
  let atMs: number | undefined;
  return {
    take: (nowMs) => {
      left = Math.min(atOnce, left + (nowMs - (atMs ?? nowMs)) / everyMs);
      atMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
