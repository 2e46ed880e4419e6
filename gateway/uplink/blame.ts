/** Ends without any acknowledgement, with something under way, before one record at a time is sent. */
const FRUITLESS = 2;
/** Ends with the same record under way, alone, before it is held back. */
const TRIES = 3;
/** Where so many records are held back and no other goes through, it is not the records. */
const MOST_HELD = 8;
/** Records that go through one at a time before the window is opened again. */
const ACQUITTED_AFTER = 64;

/**
 * Finds the record for which a parent closes every connection: MQTT 3.1.1 has no other way to refuse one (too large for
 * it, say). After fruitless connections one record at a time is sent; who is alone under way at each end is held back;
 * and only once *another* record goes through is it known to be to blame. So a parent that takes nothing at all, or a link
 * that breaks, blames nobody.
 */
export class Blame {
  readonly #window: number;
  readonly #blamed = new Set<number>();
  #held = new Set<number>();
  #isNarrow = false;
  #fruitless = 0;
  #suspect: number | undefined;
  #tries = 0;
  #passed = 0;

  constructor(window: number) {
    this.#window = window;
  }

  /** The window of the next connection: what is held back stands in it too. */
  get windowSize(): number {
    return this.#isNarrow ? this.#held.size + 1 : this.#window;
  }

  /** Whether a record is not to be sent now, and must not be passed either. */
  isHeld(n: number): boolean {
    return this.#held.has(n);
  }

  /** Whether the parent is known to refuse a record. */
  isBlamed(n: number): boolean {
    return this.#blamed.has(n);
  }

  /** A record was acknowledged: `changed` asks for a new connection, `blamed` are those now known to be refused. */
  acknowledged(): { readonly isChanged: boolean; readonly blamed: readonly number[] } {
    if (!this.#isNarrow) return { isChanged: false, blamed: [] };
    this.#passed += 1;
    const blamed = [...this.#held];
    if (blamed.length === 0 && this.#passed < ACQUITTED_AFTER) return { isChanged: false, blamed };
    for (const n of blamed) this.#blamed.add(n);
    this.#beginAnew();
    return { isChanged: true, blamed };
  }

  /** The parent has ended a connection with these records under way, after so many acknowledgements. */
  ended(underWay: readonly number[], acknowledgements: number): void {
    const [first] = underWay;
    if (first === undefined) return;
    if (!this.#isNarrow) {
      this.#fruitless = acknowledgements > 0 ? 0 : this.#fruitless + 1;
      this.#isNarrow = this.#fruitless >= FRUITLESS;
      return;
    }
    this.#tries = first === this.#suspect ? this.#tries + 1 : 1;
    this.#suspect = first;
    if (this.#tries < TRIES) return;
    this.#held.add(first);
    if (this.#held.size > MOST_HELD) this.#beginAnew();
  }

  #beginAnew(): void {
    this.#held = new Set();
    this.#isNarrow = false;
    this.#fruitless = 0;
    this.#suspect = undefined;
    this.#tries = 0;
    this.#passed = 0;
  }
}
