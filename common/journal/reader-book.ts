import type { ReaderChange } from "./batch.ts";
import { UnknownClass } from "./journal.ts";
import type { CursorMove, Opened, Readers } from "./worker-messages.ts";

/** The added readers after a transaction. */
export interface ReadersAfter {
  readonly readers: Readers;
  /** Those that came, went, or both: what was known of where they stand does not hold any more. */
  readonly changed: ReadonlySet<string>;
  /** Those that came begin at the newest number. */
  readonly begins: readonly CursorMove[];
}

/** Who reads a journal, how far each has read, and what of that is not committed yet. */
export class ReaderBook {
  readonly #own: Readers;
  #added: Readers;
  readonly #cursors = new Map<string, number>();
  #moves = new Map<string, CursorMove>();

  /** `own`: those that the journal was opened with. */
  constructor(own: Readers, { addedReaders, cursors }: Pick<Opened, "addedReaders" | "cursors">) {
    this.#own = own;
    this.#added = addedReaders;
    for (const { reader, recordClass, n } of cursors) this.#cursors.set(keyOf(reader, recordClass), n);
  }

  get own(): Readers {
    return this.#own;
  }

  get added(): Readers {
    return this.#added;
  }

  /** Where a reader stands in a class; throws `UnknownClass` where it reads none. */
  cursor(reader: string, recordClass: string): number {
    const classes = this.#own[reader] ?? this.#added[reader];
    if (!(classes?.includes(recordClass) ?? false)) {
      throw new UnknownClass(`no reader "${reader}" of the class "${recordClass}" here`);
    }
    return this.#cursors.get(keyOf(reader, recordClass)) ?? 0;
  }

  /** Where everybody stands. */
  cursors(): readonly CursorMove[] {
    return Object.entries({ ...this.#own, ...this.#added }).flatMap(([reader, classes]) =>
      classes.map((recordClass) => ({ reader, recordClass, n: this.cursor(reader, recordClass) })),
    );
  }

  /** Moves a cursor forward; never back. */
  advance(move: CursorMove): void {
    if (move.n <= this.cursor(move.reader, move.recordClass)) return;
    const key = keyOf(move.reader, move.recordClass);
    this.#cursors.set(key, move.n);
    this.#moves.set(key, move);
  }

  /** Some cursor has moved since the last commit. */
  get hasMoved(): boolean {
    return this.#moves.size > 0;
  }

  /** The moves to commit next. */
  takeMoves(): readonly CursorMove[] {
    const moves = [...this.#moves.values()];
    this.#moves = new Map();
    return moves;
  }

  /** They were not committed: they are the next commit's, with wherever their readers stand now. */
  giveBack(moves: readonly CursorMove[]): void {
    for (const move of moves) {
      const key = keyOf(move.reader, move.recordClass);
      this.#moves.set(key, { ...move, n: this.#cursors.get(key) ?? move.n });
    }
  }

  /** What changes make of the added readers at the moment of their transaction; undefined where they change nothing. */
  after(changes: readonly ReaderChange[], lastN: number): ReadersAfter | undefined {
    const readers = new Map(Object.entries(this.#added));
    const changed = new Set<string>();
    for (const [reader, classes] of changes) {
      if (readers.has(reader) === (classes !== null)) continue;
      if (classes === null) readers.delete(reader);
      else readers.set(reader, classes);
      changed.add(reader);
    }
    const begins = [...changed].flatMap((reader) =>
      (readers.get(reader) ?? []).map((recordClass) => ({ reader, recordClass, n: lastN })),
    );
    return changed.size === 0 ? undefined : { readers: Object.fromEntries(readers), changed, begins };
  }

  /** The transaction is committed. */
  take({ readers, changed, begins }: ReadersAfter): void {
    for (const cursors of [this.#cursors, this.#moves]) {
      for (const key of cursors.keys()) if (changed.has(key.slice(0, key.indexOf("\n")))) cursors.delete(key);
    }
    this.#added = readers;
    for (const { reader, recordClass, n } of begins) this.#cursors.set(keyOf(reader, recordClass), n);
  }
}

const keyOf = (reader: string, recordClass: string): string => `${reader}\n${recordClass}`;
