import { Readable } from "node:stream";
import { wait } from "#kit/wait.ts";

/** Bounds of all downloads together: the thread that sends them also serves the map. */
export interface PaceSettings {
  readonly bytesPerS: number;
  readonly maxAtOnce: number;
}

/** One budget that all downloads share, chunk by chunk in turn. */
export interface Pace {
  /** Takes a place for one download; gives how to leave it, or undefined where all are taken. */
  enter(): (() => void) | undefined;
  /** The same bytes, no faster than the budget has room for. */
  slow(source: Readable): Readable;
}

/** Opens the budget. */
export function createPace({ bytesPerS, maxAtOnce }: PaceSettings, monotonicMs: () => number): Pace {
  let inside = 0;
  let freeAtMs = 0;
  const turnMs = (bytes: number): number => {
    const nowMs = monotonicMs();
    const startMs = Math.max(nowMs, freeAtMs);
    freeAtMs = startMs + (bytes * 1000) / bytesPerS;
    return startMs - nowMs;
  };
  async function* inTurn(source: Readable, signal: AbortSignal) {
    for await (const chunk of source) {
      const waitMs = turnMs(chunk.length);
      // A timer has a millisecond; what is shorter is made up for by the next one.
      if (waitMs >= 1) await wait(waitMs, signal);
      if (signal.aborted) return;
      yield chunk;
    }
  }
  return {
    enter: () => {
      if (inside >= maxAtOnce) return undefined;
      inside += 1;
      let isInside = true;
      return () => {
        if (isInside) inside -= 1;
        isInside = false;
      };
    },
    slow: (source) => {
      const gone = new AbortController();
      const slowed = Readable.from(inTurn(source, gone.signal), { objectMode: false });
      slowed.once("close", () => {
        gone.abort();
        source.destroy();
      });
      return slowed;
    },
  };
}
