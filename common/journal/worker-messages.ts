/** What the worker is started with. */
export interface WorkerStart {
  readonly file: string;
  readonly classes: readonly string[];
  readonly readers: Readonly<Record<string, readonly string[]>>;
  /** What the thread before it is known to have committed; null for the first one. */
  readonly known: Known | null;
}

/** What was acknowledged. */
export interface Known {
  readonly lastN: number;
  readonly values: Readonly<Record<string, string>>;
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
}

export interface Read {
  readonly kind: "read";
  readonly recordClass: string;
  readonly after: number;
  readonly limit: number;
}

/** What is kept under names above this one, in their order; a bounded number of bytes at a time. */
export interface ReadKept {
  readonly kind: "read-kept";
  readonly after: string;
}

export type Task = Commit | Read | ReadKept | { readonly kind: "close" };
export type Request = Task & { readonly id: number };

/** What one class holds. */
export interface ClassHolding {
  readonly recordClass: string;
  readonly pending: number;
  readonly oldest: number | null;
}

/** What the file holds when it is opened. */
export interface Opened {
  readonly lastN: number;
  readonly holdings: readonly ClassHolding[];
  readonly cursors: readonly CursorMove[];
  readonly values: Readonly<Record<string, string>>;
}

/** What a transaction did. */
export interface Committed {
  readonly firstN: number;
  readonly holdings: readonly ClassHolding[];
  /** More may be cleared than one transaction takes. */
  readonly hasMoreToClear: boolean;
}

export type Reply =
  | { readonly kind: "opened"; readonly opened: Opened }
  | { readonly kind: "not-opened"; readonly message: string; readonly isInUse: boolean }
  | { readonly kind: "committed"; readonly id: number; readonly committed: Committed }
  | { readonly kind: "records"; readonly id: number; readonly packed: ArrayBuffer }
  | { readonly kind: "kept"; readonly id: number; readonly packed: ArrayBuffer }
  | { readonly kind: "failed"; readonly id: number; readonly message: string }
  | { readonly kind: "closed"; readonly id: number };
