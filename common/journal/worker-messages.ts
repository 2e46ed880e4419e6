/** The budget as the worker needs it: see `JournalBudget`. */
export interface WorkerBudget {
  readonly bytes: number;
  /** In bytes, by class. */
  readonly shares: readonly number[];
  readonly gapClass: string;
  /** Address of the module that exports `createGapWriter`. */
  readonly gapWriter: string;
  readonly owner: unknown;
}

/** Which classes each named reader reads. */
export type Readers = Readonly<Record<string, readonly string[]>>;

/** What the worker is started with. */
export interface WorkerStart {
  readonly file: string;
  /** Of a new file; undefined: SQLite's own, 4096. */
  readonly pageBytes?: number | undefined;
  /** Null where everything may be kept. */
  readonly budget: WorkerBudget | null;
  readonly classes: readonly string[];
  readonly readers: Readers;
  /** What the thread before it is known to have committed; null for the first one. */
  readonly known: Known | null;
}

/** What was acknowledged. */
export interface Known {
  readonly lastN: number;
  readonly values: Readonly<Record<string, string>>;
  readonly addedReaders?: Readers;
}

/** Where a reader stands in a class. */
export interface CursorMove {
  readonly reader: string;
  readonly recordClass: string;
  readonly n: number;
}

/** One transaction: records, values and cursors are committed together or not at all. */
export interface Commit {
  readonly kind: "commit";
  readonly packed: ArrayBuffer;
  /** What is kept beside the log or taken away, packed (`packKept`), in the order in which it was asked for. */
  readonly kept: ArrayBuffer;
  readonly values: Readonly<Record<string, string>>;
  readonly moves: readonly CursorMove[];
  /** The readers that were added, from now on; not said where they stay as they are. */
  readonly addedReaders?: Readers | undefined;
}

/** Drops what has to go before so many bytes of each class can be appended; a transaction of its own. */
export interface MakeRoom {
  readonly kind: "make-room";
  readonly incoming: readonly number[];
  readonly moves: readonly CursorMove[];
  readonly stamp: unknown;
}

export interface Read {
  readonly kind: "read";
  readonly recordClass: string;
  readonly after: number;
  readonly limit: number;
}

/** What is kept under names of a prefix above this one, in their order; a bounded number of bytes at a time. */
export interface ReadKept {
  readonly kind: "read-kept";
  readonly prefix: string;
  readonly after: string;
}

export type Task = Commit | MakeRoom | Read | ReadKept | { readonly kind: "close" };
export type Request = Task & { readonly id: number };

/** What one class holds. */
export interface ClassHolding {
  readonly recordClass: string;
  readonly pending: number;
  readonly bytes: number;
  readonly oldest: number | null;
}

/** What the file holds when it is opened. */
export interface Opened {
  readonly lastN: number;
  readonly holdings: readonly ClassHolding[];
  readonly cursors: readonly CursorMove[];
  readonly values: Readonly<Record<string, string>>;
  readonly addedReaders: Readers;
  /** Gaps that the thread before this one had no time to tell, packed. */
  readonly gaps: ArrayBuffer | null;
}

/** What a transaction did. */
export interface Committed {
  /** Number of the first record of the batch. */
  readonly firstN: number;
  readonly lastN: number;
  readonly holdings: readonly ClassHolding[];
  /** More may be cleared than one transaction takes. */
  readonly hasMoreToClear: boolean;
  /** Gaps that were appended and not told yet, packed. */
  readonly gaps: ArrayBuffer | null;
  /** Why the disk takes little or nothing at the moment, though this was committed. */
  readonly trouble: string | null;
  /** The disk is so full that it should be looked at again. */
  readonly isCramped: boolean;
}

/** What making room did. */
export interface RoomMade extends Committed {
  /** Records that each class has lost. */
  readonly dropped: readonly number[];
}

export type Reply =
  | { readonly kind: "opened"; readonly opened: Opened }
  | { readonly kind: "not-opened"; readonly message: string; readonly isInUse: boolean }
  | { readonly kind: "committed"; readonly id: number; readonly committed: Committed }
  | { readonly kind: "room-made"; readonly id: number; readonly made: RoomMade }
  | { readonly kind: "records"; readonly id: number; readonly packed: ArrayBuffer }
  | { readonly kind: "kept"; readonly id: number; readonly packed: ArrayBuffer }
  | { readonly kind: "failed"; readonly id: number; readonly message: string }
  | { readonly kind: "closed"; readonly id: number };
