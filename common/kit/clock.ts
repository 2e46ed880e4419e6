/** Time as it comes in: below `main.ts` nothing asks the machine for it. */
export interface Clock {
  /** UTC milliseconds since 1970. */
  nowMs(): number;
  /** Milliseconds since an arbitrary moment; never goes back. */
  monotonicMs(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
