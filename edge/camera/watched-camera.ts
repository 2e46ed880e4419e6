import { type Backoff, backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import type { Counters } from "../health/counters.ts";
import { type Camera, type CameraReason, CameraUnavailable } from "./camera.ts";

/** How a camera was when it was last used or looked at. */
export interface CameraHealth {
  /** As it is written in `CAMERA`, without secrets. */
  readonly camera: string;
  readonly reason: CameraReason | null;
  /** What is wrong and what to do, or null. */
  readonly trouble: string | null;
}

/** A camera whose loss is noticed, counted and told of. */
export interface WatchedCamera extends Camera, Closer {
  health(): CameraHealth;
  /**
   * Runs what uses the hardware without taking a photo. It is given up for the sake of a shot; rejects with
   * `camera-unavailable`, reason `busy`, while one is taken.
   */
  whileIdle<Result>(signal: AbortSignal, task: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
}

/** What watching needs. `random` is in [0, 1). */
export interface WatchOptions {
  readonly name: string;
  readonly counters: Counters;
  readonly log: Logger;
  readonly random: () => number;
  /** Between two looks at a camera that is well. */
  readonly everyMs?: number;
  /** Between two looks at one that is lost. */
  readonly retry?: Backoff;
}

/** A look starts a program: often enough to tell before the next site, seldom enough to cost nothing. */
const LOOK_EVERY_MS = 10 * 60_000;
const LOOK_WITHIN_MS = 10_000;
const RETRY: Backoff = { baseMs: 5_000, maxMs: 5 * 60_000 };

/** A folder that was taken to its end is not lost, nor is a camera that is not used to save power. */
const IS_NO_LOSS: ReadonlySet<CameraReason> = new Set(["no-photo", "power"]);

/** What is known of a camera; a loss is counted and logged once, and `onLost` is called. */
function rememberCamera({ name, counters, log }: WatchOptions, onLost: () => void) {
  let reason: CameraReason | null = null;
  let trouble: string | null = "not looked at yet";

  function learnTrouble(error: CameraUnavailable): void {
    const isNew = reason !== error.reason;
    const wasLost = reason !== null && !IS_NO_LOSS.has(reason);
    reason = error.reason;
    trouble = error.message;
    if (!isNew) return;
    if (!IS_NO_LOSS.has(reason) && !wasLost) counters.count("camera-lost");
    log.warn({ event: "camera.lost", camera: name, reason, trouble }, "the camera gives no photo; it is tried again");
    onLost();
  }

  function learnWell(): void {
    if (reason !== null) log.info({ event: "camera.found", camera: name }, "the camera is there again");
    reason = null;
    trouble = null;
  }

  return {
    health: (): CameraHealth => ({ camera: name, reason, trouble }),
    /** Runs a task and learns from how it ends, unless it was given up. */
    learnFrom: async <Result>(task: () => Promise<Result>, isGivenUp: () => boolean): Promise<Result> => {
      try {
        const result = await task();
        learnWell();
        return result;
      } catch (error) {
        if (error instanceof CameraUnavailable && !isGivenUp()) learnTrouble(error);
        throw error;
      }
    },
  };
}

/**
 * Looks after a camera: a loss is counted once as `camera-lost` and logged, then looked at again and again with
 * back-off until it is back. A shot never waits for a look, and nobody looks while a shot is taken.
 */
export function watchCamera(camera: Camera, options: WatchOptions): WatchedCamera {
  const { name, log, random, everyMs = LOOK_EVERY_MS, retry = RETRY } = options;
  const closing = new AbortController();
  let pause = new AbortController();
  let looking: { readonly giveUp: () => void; readonly done: Promise<unknown> } | undefined;
  let shots = 0;
  const { health, learnFrom } = rememberCamera(options, () => pause.abort());

  async function whileIdle<Result>(
    signal: AbortSignal,
    task: (within: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (shots > 0 || looking !== undefined) throw new CameraUnavailable("busy", "the camera is just being used");
    const yielding = new AbortController();
    const done = task(AbortSignal.any([signal, yielding.signal, closing.signal])).finally(() => {
      looking = undefined;
    });
    looking = { giveUp: () => yielding.abort(), done };
    return await done;
  }

  const look = (signal: AbortSignal) =>
    whileIdle(signal, (within) =>
      learnFrom(
        () => camera.check(within),
        () => within.aborted && !signal.aborted,
      ),
    );

  async function keepLooking(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; ) {
      pause = new AbortController();
      const isWell = health().reason === null;
      const pauseMs = isWell ? everyMs : backoffMs(attempt, retry, random());
      attempt = isWell ? 0 : attempt + 1;
      await wait(pauseMs, AbortSignal.any([pause.signal, closing.signal]));
      // Woken by a loss: that is when the back-off begins.
      if (pause.signal.aborted || closing.signal.aborted) continue;
      await look(AbortSignal.timeout(LOOK_WITHIN_MS)).catch((error: unknown) => {
        log.debug({ event: "camera.looked", camera: name, trouble: messageOf(error) }, "looked in vain");
      });
    }
  }

  const watching = keepLooking();
  return {
    capture: async (signal) => {
      shots += 1;
      try {
        looking?.giveUp();
        await looking?.done.catch(() => {
          // It gave way; the shot says how the camera is.
        });
        return await learnFrom(
          () => camera.capture(signal),
          () => closing.signal.aborted,
        );
      } finally {
        shots -= 1;
      }
    },
    check: look,
    whileIdle,
    health,
    close: async () => {
      closing.abort();
      await watching;
    },
  };
}
