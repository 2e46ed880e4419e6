/** Closed ranges of whole numbers, sorted, disjoint and never adjacent: `[[1, 5], [8, 8]]`. */
export type Ranges = readonly (readonly [first: number, last: number])[];

/** The ranges with one more number; the same object when it was there already. */
export function withNumber(ranges: Ranges, n: number): Ranges {
  return hasNumber(ranges, n) ? ranges : unite(ranges, [[n, n]]);
}

/** Whether a number lies in the ranges (binary search). */
export function hasNumber(ranges: Ranges, n: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] ?? [0, -1];
    if (n < first) high = middle - 1;
    else if (n > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** The union of two sets of ranges. */
export function unite(a: Ranges, b: Ranges): Ranges {
  const sorted = [...a, ...b].sort(([x], [y]) => x - y);
  const united: [number, number][] = [];
  for (const [first, last] of sorted) {
    const top = united.at(-1);
    if (top !== undefined && first <= top[1] + 1) top[1] = Math.max(top[1], last);
    else united.push([first, last]);
  }
  return united;
}

/** How many numbers the ranges hold. */
export function countOf(ranges: Ranges): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
