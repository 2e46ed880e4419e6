/** Counts by upper bound, as Prometheus wants them. */
export interface HistogramCounts {
  /** Upper bounds, ascending; what lies above all is in `count` alone. */
  readonly bounds: readonly number[];
  /** How many values were at most their bound: each count includes those before it. */
  readonly atMost: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Counts values into fixed buckets. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  /** `bounds` ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#count += 1;
    this.#sum += value;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  counts(): HistogramCounts {
    let sum = 0;
    const atMost = this.#counts.map((count) => {
      sum += count;
      return sum;
    });
    return { bounds: this.#bounds, atMost, count: this.#count, sum: this.#sum };
  }
}
