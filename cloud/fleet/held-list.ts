import type { Clock } from "#kit/clock.ts";
import type { RevocationList } from "./fleet.ts";

/** What was revoked in a call whose answer was lost is in the list that is given out after this long at the latest. */
const HELD_FOR_MS = 60_000;

/** The newest list, held where it is given out: gateways ask all the time, and need not wait behind certificates being signed. */
export interface HeldList {
  /** The list, asked for where none is held. */
  current(): Promise<RevocationList>;
  /** The list that is held may be an old one: the next call asks. */
  forget(): void;
}

/** Holds what `ask` gives for a minute, unless it is told to forget it before; a failure is not held. */
export function holdList(ask: () => Promise<RevocationList>, clock: Pick<Clock, "monotonicMs">): HeldList {
  let held: { readonly list: Promise<RevocationList>; readonly sinceMs: number } | undefined;
  return {
    current: () => {
      const nowMs = clock.monotonicMs();
      if (held !== undefined && nowMs - held.sinceMs < HELD_FOR_MS) return held.list;
      const asked = { list: ask(), sinceMs: nowMs };
      held = asked;
      asked.list.catch(() => {
        // Told to whoever asked; the next one asks again.
        if (held === asked) held = undefined;
      });
      return asked.list;
    },
    forget: () => {
      held = undefined;
    },
  };
}
