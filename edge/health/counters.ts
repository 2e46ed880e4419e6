/** Counts errors by code since the start. */
export interface Counters {
  count(code: string, by?: number): void;
  snapshot(): Readonly<Record<string, number>>;
}

// The contract lets a code have 64 characters.
const CODE_LENGTH = 64;

/** Counters that begin at zero. */
export function createCounters(): Counters {
  const counts = new Map<string, number>();
  return {
    count: (code, by = 1) => {
      const key = code.slice(0, CODE_LENGTH);
      counts.set(key, (counts.get(key) ?? 0) + by);
    },
    snapshot: () => Object.fromEntries(counts),
  };
}
