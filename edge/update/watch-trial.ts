import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Judged } from "../visits/judge.ts";
import type { ModelStore } from "./model-store.ts";
import { judgeTrial, type TrialCounts } from "./model-trial.ts";

/** What a trial is watched with. */
export interface WatchOptions {
  /** So many photos prove a model. */
  readonly trialPhotos: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Memory of this program. */
  readonly residentBytes: () => number;
}

/** The model in use as it is watched; closing keeps what was seen. */
export interface TrialWatch extends Closer {
  /** Hears of each photo. */
  saw(judged: Judged): void;
  /** Share of photos without a verdict that helps, 0 to 1; undefined where too few were seen. */
  doubtfulBefore(): number | undefined;
  /** Ends the trial of the moment. */
  end(isWell: boolean, reason: string): Promise<void>;
  /** Does a thing when all that was seen before is kept. Rejects as the thing does. */
  inTurn(task: () => Promise<void>): Promise<void>;
}

const WATCH_EVERY_MS = 30_000;
/** A program that has lasted so long did not end because of its model's loading. */
const LASTED_MS = 5 * 60_000;
/** What the program may have beside the model's own process: the goal for the whole agent, see BENCHMARKS.md. */
const BESIDE_MODEL_MB = 160;
/** Of the photos before a switch so many say how doubtful they usually are. */
const LEAST_BEFORE = 20;
const MOST_BEFORE = 200;
const DOUBTFUL: readonly string[] = ["unusable", "unsure", "not_a_site"];

/** Counts this start against the trial, if there is one, and watches it from now on; `onEnd` hears how it ended. */
export async function watchTrial(
  store: ModelStore,
  { trialPhotos, clock, log, residentBytes }: WatchOptions,
  onEnd: (isWell: boolean) => Promise<void>,
): Promise<TrialWatch> {
  const startedMs = clock.monotonicMs();
  const usual = { photos: 0, doubtful: 0 };
  let watchedMs = startedMs;
  let last: Promise<void> = Promise.resolve();
  const inTurn = (task: () => Promise<void>): Promise<void> => {
    const done = last.then(task);
    last = done.catch((error: unknown) => {
      log.error({ event: "model.unkept", err: error }, "what was seen of the model could not be kept");
    });
    return done;
  };
  const end = async (isWell: boolean, reason: string) => {
    log.warn({ event: isWell ? "model.proven" : "model.returned", reason }, "the trial of a model has ended");
    if (isWell) await store.end(true, reason);
    // A model that has failed goes whether or not the disk takes that; else it is on trial again at the next start.
    const kept = isWell ? undefined : store.end(false, reason);
    await Promise.allSettled([kept]);
    await onEnd(isWell);
    await kept;
  };
  const note = async (change: (counts: TrialCounts) => TrialCounts) => {
    const trial = store.trial();
    if (trial === undefined) return;
    const counts = change(trial.counts);
    const verdict = judgeTrial(counts, { photos: trialPhotos, doubtfulBefore: trial.doubtfulBefore });
    if (verdict === undefined) await store.note(counts);
    else await end(verdict.isWell, verdict.reason);
  };
  const look = async () => {
    const nowMs = clock.monotonicMs();
    const upMs = nowMs - watchedMs;
    watchedMs = nowMs;
    const trial = store.trial();
    if (trial === undefined) return;
    const residentMb = Math.round(residentBytes() / 1024 / 1024);
    const mostMb = trial.memoryMb + BESIDE_MODEL_MB;
    if (residentMb > mostMb) return await end(false, `the program has ${residentMb} MB, more than ${mostMb}`);
    const starts = nowMs - startedMs >= LASTED_MS ? 0 : trial.counts.starts;
    await note((counts) => ({ ...counts, upMs: counts.upMs + upMs, starts }));
  };

  await inTurn(() => note((counts) => ({ ...counts, starts: counts.starts + 1 }))).catch(() => {
    // Told of in its turn; the count holds until the disk takes it.
  });
  const watch = every(
    WATCH_EVERY_MS,
    () => inTurn(look),
    () => {
      // Told of in its turn.
    },
  );
  return {
    saw: (judged) => {
      const isDoubtful = "state" in judged && DOUBTFUL.includes(judged.state);
      const trial = store.trial();
      if (trial === undefined) remember(usual, judged, isDoubtful);
      else if (isAbout(judged, trial.model.sha256)) {
        const isSlow = "state" in judged && judged.tookMs > trial.p99Ms;
        inTurn(() => note((counts) => withPhoto(counts, judged, isDoubtful, isSlow))).catch(() => {
          // Told of in its turn.
        });
      }
    },
    doubtfulBefore: () => (usual.photos < LEAST_BEFORE ? undefined : usual.doubtful / usual.photos),
    end,
    inTurn,
    close: async () => {
      await watch.close();
      await last;
    },
  };
}

/** A photo that was judged by the model before says nothing of this one; one that cannot be read says nothing of any. */
const isAbout = (judged: Judged, sha256: string): boolean =>
  "state" in judged ? judged.model === sha256 : judged.error !== "photo-unreadable";

function withPhoto(counts: TrialCounts, judged: Judged, isDoubtful: boolean, isSlow: boolean): TrialCounts {
  return {
    ...counts,
    photos: counts.photos + 1,
    doubtful: counts.doubtful + (isDoubtful ? 1 : 0),
    errors: counts.errors + ("error" in judged ? 1 : 0),
    slow: counts.slow + (isSlow ? 1 : 0),
  };
}

/** Keeps how doubtful photos usually are; older ones count less and less. */
function remember(usual: { photos: number; doubtful: number }, judged: Judged, isDoubtful: boolean): void {
  if ("error" in judged) return;
  usual.photos += 1;
  usual.doubtful += isDoubtful ? 1 : 0;
  if (usual.photos < MOST_BEFORE) return;
  usual.photos /= 2;
  usual.doubtful /= 2;
}
