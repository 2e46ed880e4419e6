import type { Clock } from "#kit/clock.ts";
import type { Outbox } from "./outbox.ts";

/** An outbox of which one can tell that it hangs. */
export interface TimedOutbox extends Outbox {
  /** Since when the oldest append waits for its answer (monotonic clock), or null while none does. */
  appendSinceMs(): number | null;
}

/** Remembers when each append was asked for. */
export function timeAppends(outbox: Outbox, clock: Clock): TimedOutbox {
  /** In the order in which they were asked for. */
  const waiting = new Map<symbol, number>();
  return {
    ...outbox,
    append: async (messages, values) => {
      const append = Symbol();
      waiting.set(append, clock.monotonicMs());
      try {
        await outbox.append(messages, values);
      } finally {
        waiting.delete(append);
      }
    },
    appendSinceMs: () => waiting.values().next().value ?? null,
  };
}
