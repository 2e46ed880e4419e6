import type { Stored } from "#contract/messages.ts";
import type { Ranges } from "#kit/ranges.ts";

/** More ranges than this are not told: the message stays small, and saying less than is true harms nobody. */
const MAX_RANGES = 1_000;

/** What the city has of one log, as it is told to the device. Lost numbers count as covered. */
export function storedOf(log: string, received: Ranges, lost: Ranges, photos: readonly string[]): Stored {
  const [first, ...others] = received;
  const upTo = first !== undefined && first[0] === 1 ? first[1] : 0;
  const also = upTo > 0 ? others : received;
  return { v: 1, log, upTo, also: pairs(also), lost: pairs(lost), photos: [...photos] };
}

const pairs = (ranges: Ranges): [number, number][] => ranges.slice(0, MAX_RANGES).map(([first, last]) => [first, last]);
