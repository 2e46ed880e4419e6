import type { Clock } from "#kit/clock.ts";
import type { Refusal } from "./judge-settings.ts";
import { createRation } from "./ration.ts";

/** What is wanted, on its way to a decision. */
export interface Wants {
  /** Why the newest want was not decided on. */
  readonly refused: Refusal | undefined;
  take(bytes: Uint8Array): Promise<void>;
  refuse(reason: string): void;
  /** Tries again what waits: for a disk that keeps it, or for the end of a trial. */
  again(): Promise<void>;
}

/** The newest want. */
export interface NewestWant {
  /** Whether there is one that was not looked at. */
  readonly waits: boolean;
  /** Puts one in its place; true where one waited already. */
  offer(bytes: Uint8Array): boolean;
  /** Looks at it, if it is time. */
  take(): Promise<void>;
}

/**
 * Each decision is written durably, some 5 kB: so many at once for a person at the desk, then one in a minute (7 MB a day),
 * whatever is sent.
 */
const DECISIONS_AT_ONCE = 8;
const DECISION_EVERY_MS = 60_000;

/** Only the newest want counts, so a broker that sends them without end fills nothing and wears nothing. */
export function keepNewest(wants: Pick<Wants, "take" | "refuse">, clock: Clock): NewestWant {
  const ration = createRation(DECISIONS_AT_ONCE, DECISION_EVERY_MS);
  let newest: Uint8Array | undefined;
  return {
    get waits() {
      return newest !== undefined;
    },
    offer: (bytes) => {
      const isAwaited = newest !== undefined;
      newest = bytes;
      return isAwaited;
    },
    take: async () => {
      const bytes = newest;
      if (bytes === undefined) return;
      if (!ration.take(clock.monotonicMs())) {
        wants.refuse("waits: it comes too often, so it is decided on once a minute");
        return;
      }
      newest = undefined;
      await wants.take(bytes);
    },
  };
}
