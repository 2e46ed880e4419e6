import { stderr } from "node:process";
import type { Progress } from "./judge.ts";

const EACH_MS = 5_000;

/** Says on standard error each five seconds how far a work has come, and when it is done. */
export function tellProgress(what: string, nowMs: () => number): Progress {
  const startedMs = nowMs();
  let toldMs = startedMs;
  return (done, all) => {
    const isTime = nowMs() - toldMs >= EACH_MS;
    if (!isTime && done < all) return;
    toldMs = nowMs();
    stderr.write(`${what}: ${done} of ${all}, ${Math.round((nowMs() - startedMs) / 1000)} s\n`);
  };
}
