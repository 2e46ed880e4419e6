import type { Closer } from "#kit/closer.ts";

/** Calls at once for the first touch of a key, and for all further ones within `gapMs` once more at its end. */
export interface Coalescer extends Closer {
  touch(key: string): void;
}

/** Thins bursts: a key is told at most once in `gapMs`, the first time without delay, and the last touch is never lost. */
export function coalesce(gapMs: number, tell: (key: string) => void): Coalescer {
  const resting = new Map<string, NodeJS.Timeout>();
  const touched = new Set<string>();
  const touch = (key: string) => {
    if (resting.has(key)) {
      touched.add(key);
      return;
    }
    const wake = () => {
      resting.delete(key);
      if (touched.delete(key)) touch(key);
    };
    resting.set(key, setTimeout(wake, gapMs));
    tell(key);
  };
  return {
    touch,
    close: async () => {
      for (const timer of resting.values()) clearTimeout(timer);
      resting.clear();
      touched.clear();
    },
  };
}
