import { AppError, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { isStorageFailure } from "../store/state/database.ts";
import { keepDeadLetter, type Letter } from "../store/state/dead-letters.ts";
import type { StateStore } from "../store/state/state-store.ts";
import { openDelivery } from "./open-delivery.ts";

/** Tells a person of a message that broke our own code. */
export type OnInternal = (error: unknown, letter: Letter) => void;

/** Writes it into the log, as an error: a person must act. */
export const tellInternal =
  (log: Logger): OnInternal =>
  (error, { topic }) =>
    log.error({ event: "message.broke-us", topic, err: error }, "a message could not be used because of our own fault");

/** For a replay that broke our own code: a person is told, the letters stay where they are, and new messages go on. */
export const endReplay =
  (log: Logger) =>
  (error: unknown): readonly never[] => {
    if (!isOurFault(error)) throw error;
    log.error({ event: "replay.broke-us", err: error }, "dead letters could not be tried again: our own fault");
    return [];
  };

/** Whether an error says that our own code is wrong: no store is down and no disk is full, so waiting would not help. */
export function isOurFault(error: unknown): boolean {
  if (error instanceof AppError) return !error.retry;
  if (isStorageFailure(error)) return false;
  // Node gives its system errors (ENOSPC, EIO, ECONNRESET) the call that failed.
  return !(error instanceof Error && "syscall" in error);
}

/** How a batch is stored, and how one message of it is put aside. */
export interface Storing {
  /** Stores some messages of the batch, which may be repeated. */
  readonly store: (letters: readonly Letter[]) => Promise<void>;
  readonly state: StateStore;
  readonly nowMs: () => number;
  readonly onInternal: OnInternal;
}

/**
 * Stores a batch. If that breaks our own code, it is searched by halves for the messages that do, and those become dead
 * letters (`internal`): the same batch would break it again for ever, and hold up everything behind it.
 *
 * Rejects as `store` does when a store or a disk is the reason.
 */
export const storeOrBury = (letters: readonly Letter[], storing: Storing): Promise<void> =>
  workOrBury(letters, storing.store, (letter, error) => bury(letter, error, storing));

/** Works on some things together, and searches by halves for those that break our own code: each of them is buried. */
export async function workOrBury<Thing>(
  things: readonly Thing[],
  work: (some: readonly Thing[]) => Promise<void>,
  buryOne: (thing: Thing, error: unknown) => void,
): Promise<void> {
  try {
    await work(things);
  } catch (error) {
    if (!isOurFault(error)) throw error;
    const [culprit, ...others] = things;
    if (culprit === undefined) throw error;
    if (others.length === 0) {
      buryOne(culprit, error);
      return;
    }
    const middle = Math.ceil(things.length / 2);
    await workOrBury(things.slice(0, middle), work, buryOne);
    await workOrBury(things.slice(middle), work, buryOne);
  }
}

function bury(letter: Letter, error: unknown, { state, nowMs, onInternal }: Storing): void {
  onInternal(error, letter);
  const { place } = openDelivery(letter);
  state.transaction(nowMs(), (transaction) => {
    if (place !== undefined && transaction.logs.receive(place)) transaction.logs.lose(place);
    const problem = { reason: "internal", detail: messageOf(error) } as const;
    keepDeadLetter(transaction.sql, letter, problem, transaction.nowMs);
  });
}
