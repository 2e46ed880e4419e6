interface Step {
  readonly n: number;
  /** Bytes that were appended up to this number, since the start. */
  readonly bytes: number;
}

const STEPS = 64;

/** How many bytes lie behind the newest record, by number: in steps, so that it costs nothing to know. */
export class ByteLadder {
  readonly #stepBytes: number;
  #steps: Step[];

  /**
   * `mostBytes` is what will be asked for. Of what the journal held before, only the sum is known: it is taken to be
   * spread evenly.
   */
  constructor(mostBytes: number, held: { readonly oldest: number; readonly newest: number; readonly bytes: number }) {
    this.#stepBytes = mostBytes / STEPS;
    const count = Math.max(1, Math.min(1_000, Math.ceil(held.bytes / this.#stepBytes)));
    this.#steps = Array.from({ length: count + 1 }, (_, i) => ({
      n: Math.round(held.oldest - 1 + ((held.newest - held.oldest + 1) * i) / count),
      bytes: -held.bytes * (1 - i / count),
    }));
  }

  /** Up to this number so many bytes were appended since the start. */
  note(n: number, bytes: number): void {
    const last = this.#steps.at(-1);
    if (last === undefined || bytes - last.bytes >= this.#stepBytes) this.#steps.push({ n, bytes });
  }

  /** What lies above this number has at most `mostBytes`, when `bytes` were appended since the start. */
  floor(bytes: number, mostBytes: number): number {
    const at = this.#steps.findIndex((step) => bytes - step.bytes <= mostBytes);
    if (at > 0) this.#steps = this.#steps.slice(at);
    return (at < 0 ? this.#steps.at(-1) : this.#steps[0])?.n ?? 0;
  }
}
