import type { Ranges } from "#kit/ranges.ts";

/** The numbers of `from` that are not in `taken`; both sorted and disjoint, and so is the answer. */
export function subtract(from: Ranges, taken: Ranges): Ranges {
  const rest: [number, number][] = [];
  let at = 0;
  for (const [first, last] of from) {
    let start = first;
    while (at < taken.length && (taken[at]?.[1] ?? 0) < start) at += 1;
    for (let i = at; i < taken.length && start <= last; i += 1) {
      const [cutFirst, cutLast] = taken[i] ?? [last + 1, last + 1];
      if (cutFirst > last) break;
      if (cutFirst > start) rest.push([start, cutFirst - 1]);
      start = Math.max(start, cutLast + 1);
    }
    if (start <= last) rest.push([start, last]);
  }
  return rest;
}
