import type { Closer } from "./closer.ts";

/** A task that is repeated. */
export interface Repetition extends Closer {
  /** From now on each `ms` milliseconds, the next time so long from now; the same number changes nothing. */
  setEvery(ms: number): void;
}

/** Runs a task each `ms` milliseconds, never two at a time; a failure is reported and the next round goes on. */
export function every(ms: number, task: () => Promise<void>, onError: (error: unknown) => void): Repetition {
  let running: Promise<void> | undefined;
  let isClosed = false;
  const run = () => {
    running ??= task()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  };
  let everyMs = ms;
  let timer = setInterval(run, ms);
  return {
    setEvery: (changedMs) => {
      if (isClosed || changedMs === everyMs) return;
      everyMs = changedMs;
      clearInterval(timer);
      timer = setInterval(run, changedMs);
    },
    close: async () => {
      isClosed = true;
      clearInterval(timer);
      await running;
    },
  };
}
