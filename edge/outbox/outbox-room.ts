import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "#kit/errors.ts";

/** What an outbox can be on its disk, bytes. */
export interface OutboxRoom {
  /** What its files take up now. */
  readonly files: number;
  /** What the disk has free besides. */
  readonly free: number;
}

/**
 * Half of what there is: the file takes up to 1.3 times its budget, its log and reserve 32 MiB (common/journal), and the
 * drafts, an update and the log of the system lie on the same card.
 */
const OUR_PART = 0.5;
/** The least budget that the settings know: with less there is no outbox. */
const LEAST_BYTES = 1024 * 1024;
/** Appends go on for so much before the oldest must go: room is made in pieces of up to 4 MiB (common/journal/budget.ts). */
const SLACK_BYTES = 4 * 1024 * 1024;

/** Bytes that an outbox may hold on a disk, where it is empty: as the settings say, or as much as the disk has for it. */
export const budgetOn = ({ files, free }: OutboxRoom, setBytes: number): number =>
  Math.max(LEAST_BYTES, Math.min(setBytes, Math.floor((files + free) * OUR_PART)));

/**
 * Bytes that an outbox with `heldBytes` may hold. A budget that is smaller than what waits destroys nothing: it counts once
 * what waits has been sent. Until then the outbox grows no further than to where room is made.
 */
export function budgetFor(heldBytes: number, room: OutboxRoom, setBytes: number): number {
  const budget = budgetOn(room, setBytes);
  if (heldBytes <= budget) return budget;
  return Math.max(heldBytes, Math.min(heldBytes + SLACK_BYTES, budgetOn(room, Number.POSITIVE_INFINITY)));
}

/** What files of this size can hold at most: they are 0.9 to 1.3 times as large (common/journal). */
export const mostHeldIn = ({ files }: OutboxRoom): number => Math.ceil(files / 0.8);

/** Looks at the disk of a journal's file, which need not be there yet; its folder must be. */
export async function roomOf(file: string): Promise<OutboxRoom> {
  const [{ bavail, bsize }, ...files] = await Promise.all([
    statfs(dirname(file)),
    ...[file, `${file}-wal`, `${file}-reserve`].map(sizeOf),
  ]);
  return { files: files.reduce((sum, one) => sum + one, 0), free: bavail * bsize };
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}
