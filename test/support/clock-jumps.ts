/**
 * Loaded before a program (`NODE_OPTIONS=--import=…`): each SIGUSR2 puts its monotonic clock four hours ahead, so that what
 * takes hours is seen in a real process within seconds.
 */
const JUMP_MS = 4 * 3_600_000;
const real = performance.now.bind(performance);
let aheadMs = 0;
performance.now = () => real() + aheadMs;
process.on("SIGUSR2", () => {
  aheadMs += JUMP_MS;
});
