import type { Clock } from "#kit/clock.ts";
import { ApiError } from "./errors.ts";

/** Wrong tries from one address within a minute; then it waits. What is guessed has 256 bits, so this only quiets the log. */
const MAX_WRONG_TRIES = 10;
const TRIES_WINDOW_MS = 60_000;
/** More than this many addresses or sessions are not remembered; the oldest go. */
const MAX_REMEMBERED = 10_000;

/** Wrong secrets, by the address that they came from. */
export interface WrongTries {
  /** Counts one more; throws `ApiError` 429 instead when there were too many. Asked only once the secret is known to be wrong. */
  count(address: string): void;
}

/** Counts wrong `what` ("tokens", "claims"), a minute at a time. */
export function countWrongTries(what: string, clock: Clock): WrongTries {
  const wrongTries = new Map<string, { readonly sinceMs: number; count: number }>();
  return {
    count: (address) => {
      const nowMs = clock.nowMs();
      const known = wrongTries.get(address);
      const restMs = known === undefined ? 0 : known.sinceMs + TRIES_WINDOW_MS - nowMs;
      const tries = known === undefined || restMs <= 0 ? { sinceMs: nowMs, count: 0 } : known;
      if (tries.count >= MAX_WRONG_TRIES) {
        throw new ApiError(429, "too-many-tries", `too many wrong ${what}, wait a minute`, Math.ceil(restMs / 1000));
      }
      tries.count += 1;
      remember(wrongTries, address, tries);
    },
  };
}

/** Adds to a map that must not grow for ever: it keeps the order of insertion, so its first key is the oldest. */
export function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > MAX_REMEMBERED && !oldest.done) map.delete(oldest.value);
}
