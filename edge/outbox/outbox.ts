import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";
import type { SendQueue } from "#uplink/send-queue.ts";
import type { NewMessage } from "./new-message.ts";

/** What waits for an acknowledgement. */
export interface Pending {
  readonly total: number;
  readonly byClass: Readonly<Record<string, number>>;
  /** What they take up of the budget, by class. */
  readonly bytesByClass: Readonly<Record<string, number>>;
  /** The oldest number of each class, or null where nothing waits. */
  readonly oldestByClass: Readonly<Record<string, number | null>>;
  readonly budgetBytes: number | null;
  readonly oldest: number | null;
  /** Why nothing can be appended at the moment, or null. */
  readonly trouble: string | null;
}

/** Keeps every message until the gateway has acknowledged it. */
export interface Outbox extends SendQueue, Closer {
  /** Random name of this outbox: a reinstalled device has another. */
  readonly log: string;
  /**
   * Resolves once all of them are on disk, with the values; rejects with `journal-unavailable`, or `message-too-large` where
   * one of them does not fit into a packet, and then nothing is kept and no number is used up.
   */
  append(messages: readonly NewMessage[], values?: Readonly<Record<string, string>>): Promise<void>;
  /** A value that was committed with an append. */
  value(name: string): string | undefined;
  pending(): Pending;
}

/** The data folder belongs to another device: its messages would come under a wrong name. */
export class ForeignOutbox extends AppError {
  readonly code = "foreign-outbox";
  readonly retry = false;
}
