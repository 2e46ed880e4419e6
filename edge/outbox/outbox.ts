import type { RecordClass } from "#contract/topics.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";
import type { NewMessage } from "./new-message.ts";

/** A message as it leaves: its bytes never change, however often it is sent. */
export interface Outgoing {
  readonly seq: number;
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** What waits for an acknowledgement. */
export interface Pending {
  readonly total: number;
  readonly byClass: Readonly<Record<string, number>>;
  readonly oldest: number | null;
  /** Why nothing can be appended at the moment, or null. */
  readonly trouble: string | null;
}

/** Keeps every message until the gateway has acknowledged it. */
export interface Outbox extends Closer {
  /** Random name of this outbox: a reinstalled device has another. */
  readonly log: string;
  /**
   * Resolves once all of them are on disk, with the values; rejects with `journal-unavailable`, and then nothing is
   * kept and no number is used up.
   */
  append(messages: readonly NewMessage[], values?: Readonly<Record<string, string>>): Promise<void>;
  /** A value that was committed with an append. */
  value(name: string): string | undefined;
  /** Messages of a class after a number, oldest first. */
  read(recordClass: RecordClass, after: number, limit: number): Promise<readonly Outgoing[]>;
  /** The number up to which a class is acknowledged. */
  acknowledged(recordClass: RecordClass): number;
  /** Everything of a class up to this number is acknowledged and may be forgotten. */
  acknowledge(recordClass: RecordClass, seq: number): void;
  pending(): Pending;
  /** Calls back after something was appended, with the classes; gives the way to stop it. */
  onAppended(listener: (classes: ReadonlySet<string>) => void): () => void;
}

/** The data folder belongs to another device: its messages would come under a wrong name. */
export class ForeignOutbox extends AppError {
  readonly code = "foreign-outbox";
  readonly retry = false;
}
