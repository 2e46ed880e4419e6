import type { Closer } from "./closer.ts";

/** Runs a task each `ms` milliseconds, never two at a time; a failure is reported and the next round goes on. */
export function every(ms: number, task: () => Promise<void>, onError: (error: unknown) => void): Closer {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= task()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  }, ms);
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
