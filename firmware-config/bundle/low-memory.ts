/**
 * The environment in which a device's program holds little memory; glibc and Node read it when they start.
 *
 * One arena of malloc, not one for each of its 17 threads. Pieces from 128 KiB on lie apart and go back at once: else glibc
 * raises that bound with each big piece that is freed, and decoded photos leave holes. V8's young generation of at most 1 MiB
 * instead of 16 costs a few more, shorter collections. A heap of at most 64 MiB is three times of what it uses (what was tried
 * within it: test/edge/heap-bound.test.ts); half of that is also how much V8 lets bytes outside the heap pile up. What each
 * gave: BENCHMARKS.md.
 */
export const LOW_MEMORY: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_TRIM_THRESHOLD_: "131072",
  NODE_OPTIONS: "--max-semi-space-size=1 --max-old-space-size=64",
};

/** As assignments of a shell. */
export const lowMemoryAssignments = (): string =>
  Object.entries(LOW_MEMORY)
    .map(([name, value]) => `${name}=${value.includes(" ") ? `'${value}'` : value}`)
    .join(" ");
