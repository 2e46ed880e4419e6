import type { Probabilities, Visit, VisitPhoto } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import type { Counters } from "../health/counters.ts";
import { boundAnswers } from "../power/bound-answers.ts";
import { likelihoodOfCleaner } from "./cleaner.ts";
import { decodeGrey } from "./grey-picture.ts";
import { type KeptNetworkMarks, readNetworkMarks } from "./network-marks.ts";
import { MARKS_LONG_SIDE_PX, marksOf, type PhotoMarks } from "./photo-marks.ts";
import { likelihoodOfSamePlace } from "./same-place.ts";
import { likelihoodOfScreen } from "./screen/screen.ts";
import { likelihoodOfRepeat, openSeenPhotos, type SeenPhotos } from "./seen-photos.ts";

/** What is found on one photo beside its verdict; null where it could not be told. */
export interface PhotoLook {
  readonly marks: PhotoMarks | null;
  readonly seen: NonNullable<VisitPhoto["seen"]> | null;
  readonly screen: number | null;
}

/** One photo of a visit. */
export interface Side {
  readonly sha: string;
  readonly marks: PhotoMarks | null;
  /** What was kept of the network's look, or null. */
  readonly network: KeptNetworkMarks | null;
  readonly probabilities: Probabilities | null;
}

/**
 * Compares the photos of a visit with each other and with earlier ones, one photo after another. What fails is counted and null, and so
 * is what a failing disk does not answer within `INDEX_ANSWERS_WITHIN_MS`: a shot waits no longer for it.
 */
export interface PairChecks extends Closer {
  /** What a photo is compared by, or null. */
  marksOf(jpeg: Uint8Array): Promise<PhotoMarks | null>;
  /** `leftOut` are the SHA-256 of earlier photos that it may look like. */
  look(jpeg: Uint8Array, leftOut?: ReadonlySet<string>): Promise<PhotoLook>;
  pairOf(before: Side, after: Side): NonNullable<Visit["pair"]>;
  /** What is to be committed with a visit, so that its photos count as seen from then on; empty where nothing can be. */
  recordsOf(photos: readonly Pick<Side, "sha" | "marks">[]): Promise<string>;
  /** Begins to keep the records of a committed visit. */
  keep(records: string): void;
}

/** Where pair checks say what fails. */
interface Reporting {
  readonly counters: Counters;
  readonly log: Logger;
}

/** What pair checks need. */
export interface PairOptions extends Reporting {
  /** Where the marks of photos are kept. */
  readonly file: string;
  /** How many photos are remembered; 0 for none. */
  readonly slots: number;
  /** The records of the last visit that was committed. */
  readonly committed: string | undefined;
}

/** From this probability on a photo is called a repeat of an earlier one; the curve is made for it (`likelihoodOfRepeat`). */
const SEEN_FROM = 0.5;
/** A look-up takes a tenth of a second; a read that takes so long is of a disk that fails. */
const INDEX_ANSWERS_WITHIN_MS = 5_000;

/** Opens the pair checks; without an index that can be read no photo is known again, and that is counted (`seen-unusable`). */
export async function openPairChecks({ file, slots, committed, counters, log }: PairOptions): Promise<PairChecks> {
  const failed = failuresTo({ counters, log });
  const begunAnew = () => {
    counters.count("seen-begun-anew");
    log.warn({ event: "seen.begun-anew", file }, "the index of photos was of another kind and is begun anew");
  };
  const seen =
    slots === 0
      ? null
      : await openSeenPhotos(file, slots, committed, begunAnew).catch(
          failed("seen-unusable", "the index of photos cannot be read: no photo is known again until the next start"),
        );
  return pairChecksOver(seen, { counters, log });
}

const failuresTo =
  ({ counters, log }: Reporting) =>
  (code: string, text: string) =>
  (error: unknown) => {
    counters.count(code);
    log.warn({ event: "pairs.failed", code, cause: codeOf(error), err: error }, text);
    return null;
  };

/** The pair checks over an index, or over none; it is waited for so long. */
export function pairChecksOver(
  seen: SeenPhotos | null,
  reporting: Reporting,
  withinMs: number = INDEX_ANSWERS_WITHIN_MS,
): PairChecks {
  const failed = failuresTo(reporting);
  const inTime = boundAnswers(withinMs);
  const late = () => new Error(`the index of photos did not answer within ${withinMs} ms`);
  let kept: Promise<unknown> = Promise.resolve();

  return {
    marksOf: (jpeg) =>
      decodeGrey(jpeg, MARKS_LONG_SIDE_PX).then(marksOf).catch(failed("pair-check", "no marks of a photo")),
    look: async (jpeg, leftOut) => {
      const marks = await decodeGrey(jpeg, MARKS_LONG_SIDE_PX)
        .then(marksOf)
        .catch(failed("pair-check", "a photo cannot be compared"));
      const screen = await likelihoodOfScreen(jpeg).catch(failed("pair-check", "a photo's spectrum cannot be read"));
      if (marks === null || seen === null) return { marks, seen: null, screen };
      const unasked = failed("pair-check", "a photo cannot be looked up");
      const repeated = await inTime("look-up", () => repeatOf(seen, marks, leftOut).catch(unasked));
      return { marks, seen: repeated === undefined ? unasked(late()) : repeated, screen };
    },
    pairOf: (before, after) => {
      try {
        return pairOf(before, after);
      } catch (error) {
        failed("pair-check", "two photos cannot be compared")(error);
        return { samePlace: null, cleaner: null };
      }
    },
    recordsOf: async (photos) => {
      const isKept = await inTime("keep", () => kept.then(() => true));
      if (isKept === undefined) {
        failed("seen-unkept", "the photos of this visit will not be known again")(late());
        return "";
      }
      const marked = photos.flatMap(({ sha, marks }) => (marks === null ? [] : [[sha, { sha, marks }] as const]));
      return seen?.recordsOf([...new Map(marked).values()]) ?? "";
    },
    keep: (records) => {
      kept =
        seen?.keep(records).catch(failed("seen-unkept", "a photo's marks are kept at the next start at best")) ?? kept;
    },
    close: async () => {
      await inTime("close", async () => {
        await kept;
        await seen?.close();
      });
    },
  };
}

async function repeatOf(
  seen: SeenPhotos,
  marks: PhotoMarks,
  leftOut: ReadonlySet<string> | undefined,
): Promise<PhotoLook["seen"]> {
  const [likest] = await seen.lookUp(marks, leftOut);
  if (likest === undefined) return null;
  const p = likelihoodOfRepeat(likest);
  return p < SEEN_FROM ? null : { sha: likest.sha, p };
}

/** Whether it is cleaner can be said of one place only. */
function pairOf(before: Side, after: Side): NonNullable<Visit["pair"]> {
  if (before.marks === null || after.marks === null) return { samePlace: null, cleaner: null };
  const networkOf = ({ network }: Side) => network && readNetworkMarks(network);
  const samePlace = likelihoodOfSamePlace(
    { marks: before.marks, network: networkOf(before) },
    { marks: after.marks, network: networkOf(after) },
  );
  const isOnePlace = samePlace !== null && samePlace >= 0.5;
  if (!isOnePlace || before.probabilities === null || after.probabilities === null) return { samePlace, cleaner: null };
  return { samePlace, cleaner: likelihoodOfCleaner(before.probabilities, after.probabilities) };
}
