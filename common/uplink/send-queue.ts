import type { RecordClass } from "#contract/topics.ts";

/** A message as it leaves: its bytes never change, however often it is sent. */
export interface Outgoing {
  readonly seq: number;
  readonly topic: string;
  readonly bytes: Uint8Array;
  /** Not to be sent: it is kept elsewhere, and the mark may pass it, or held back, and the mark must not. */
  readonly unsent?: "elsewhere" | "held";
}

/** What a sender sends from: messages by class and number, and a mark in each class up to which they are acknowledged. */
export interface SendQueue {
  /** Messages of a class after a number, oldest first; only an empty answer means that there is no more now. */
  read(recordClass: RecordClass, after: number, limit: number): Promise<readonly Outgoing[]>;
  /** The number up to which a class is acknowledged. */
  acknowledged(recordClass: RecordClass): number;
  /** Everything of a class up to this number is acknowledged and may be forgotten. */
  acknowledge(recordClass: RecordClass, seq: number): void;
  /** Calls back after something was appended, with the classes; gives the way to stop it. */
  onAppended(listener: (classes: ReadonlySet<string>) => void): () => void;
}
