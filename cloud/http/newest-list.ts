import type { Clock } from "#kit/clock.ts";
import { type ListLimits, type ReadyList, writeList } from "./ready-list.ts";
import type { StationBook } from "./station-book.ts";

export interface NewestListParts extends ListLimits {
  readonly book: Pick<StationBook, "all" | "version">;
  readonly clock: Pick<Clock, "nowMs">;
  /** Random name of this start: versions are counted from it. */
  readonly epoch: string;
}

/**
 * The list of all stations as of the last tick of the stream (whoever listens to it misses nothing between), written and packed once
 * for all who ask while nothing changes, and one at a time while much does.
 */
export function createNewestList(parts: NewestListParts): () => Promise<ReadyList> {
  const { book, clock, epoch } = parts;
  return newestOf(
    () => book.version(),
    (version) => writeList(book.all(), clock.nowMs(), parts, `W/"${epoch}.${version}"`),
  );
}

/**
 * Makes a thing once for each version that is asked for. While one is being made, those who need a newer one wait together for the
 * next: however many ask and however fast versions follow each other, one is made at a time.
 */
function newestOf<T>(versionNow: () => number, make: (version: number) => Promise<T>): () => Promise<T> {
  let current: { readonly version: number; readonly made: Promise<T>; isMaking: boolean } | undefined;
  let next: Promise<T> | undefined;
  const begin = (version: number): Promise<T> => {
    const made = make(version);
    const mine = { version, made, isMaking: true };
    current = mine;
    made.then(
      () => {
        mine.isMaking = false;
      },
      () => {
        current = undefined;
      },
    );
    return made;
  };
  return () => {
    const version = versionNow();
    if (current?.version === version) return current.made;
    if (current === undefined || !current.isMaking) return begin(version);
    const makeNext = () => {
      next = undefined;
      return begin(versionNow());
    };
    next ??= current.made.then(makeNext, makeNext);
    return next;
  };
}
