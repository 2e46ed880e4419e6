import { createHash } from "node:crypto";
import { z } from "zod";
import { clientIdOf } from "#contract/names.ts";
import { parseTopic } from "#contract/topics.ts";
import { JsonText } from "#kit/json-text.ts";
import type { Ranges } from "#kit/ranges.ts";
import type { Sql } from "./database.ts";

/** Why a message could not be used. Letters with `no-station` and `unknown-site` are tried again with a new registry. */
export const DeadReason = z.enum([
  "malformed",
  "wrong-topic",
  "unknown-version",
  "no-station",
  "no-time",
  "refused-by-store",
  "unknown-site",
  "visit-conflict",
  "photo-conflict",
  "photo-too-large",
  "photo-hash",
  "photo-not-jpeg",
  "chunk-bounds",
  "chunk-mismatch",
  "photo-incomplete",
  "over-quota",
  "internal",
]);
export type DeadReason = z.infer<typeof DeadReason>;

/** What is wrong with a message, for the one who reads the list. */
export interface Problem {
  readonly reason: DeadReason;
  readonly detail: string;
  /** Which samples of a reading with `no-station` are stored nowhere, by their place in it: the others are points already. */
  readonly placeless?: Ranges | undefined;
}

/** A message as it came. */
export interface Letter {
  readonly topic: string;
  readonly payload: Uint8Array;
}

const LONGEST_DETAIL = 1_000;
/** The bytes of so many dead letters of one device are kept; a device that sends nonsense must not fill the disk. */
export const DEAD_BYTES_PER_DEVICE = 32 * 1024 * 1024;

/** SHA-256 (hex) of a letter's bytes: with the topic it is the letter's identity. */
export const letterHash = ({ payload }: Letter): string => createHash("sha256").update(payload).digest("hex");

/** What stays the reason when something else is found later: these say what of the letter is stored nowhere yet, or never will be. */
const LASTING = "('no-station', 'no-time', 'refused-by-store')";

/**
 * Keeps a message that could not be used; the same bytes on the same topic are one letter that came several times. Where
 * its device has no room left all but the bytes is kept: the letter counts, but it cannot be tried again.
 */
export function keepDeadLetter(sql: Sql, letter: Letter, { reason, detail, placeless }: Problem, nowMs: number): void {
  const { topic, payload } = letter;
  const hash = letterHash(letter);
  const text = detail.slice(0, LONGEST_DETAIL).toWellFormed();
  const again = sql.run(
    `UPDATE dead_letters SET times = times + 1, reason = iif(reason IN ${LASTING}, reason, ?),
       detail = iif(reason IN ${LASTING}, detail, ?) WHERE topic = ? AND sha256 = ?`,
    ...[reason, text, topic, hash],
  );
  if (again > 0) return;
  const hasRoom = (sql.get(Used, USED, senderOf(topic))?.bytes ?? 0) + payload.length <= DEAD_BYTES_PER_DEVICE;
  const bytes = hasRoom ? payload : new Uint8Array(0);
  sql.run(
    `INSERT INTO dead_letters (topic, sha256, reason, detail, at, times, bytes, size, placeless)
     VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)`,
    ...[topic, hash, reason, hasRoom ? text : `${text} (bytes not kept: too many dead letters)`, nowMs],
    ...[bytes, payload.length, placeless === undefined ? null : JSON.stringify(placeless)],
  );
  take(sql, topic, bytes.length);
}

const Reason = z.object({ reason: DeadReason });

/** Whether a letter is kept that is tried again with each new registry. */
export function isTriedAgain(sql: Sql, letter: Letter): boolean {
  const kept = sql.get(
    Reason,
    "SELECT reason FROM dead_letters WHERE topic = ? AND sha256 = ? AND length(bytes) = size",
    ...[letter.topic, letterHash(letter)],
  );
  return kept?.reason === "no-station";
}

/** Changes why a kept letter cannot be used; it did not come again. */
export function renameDeadLetter(sql: Sql, letter: Letter, { reason, detail, placeless }: Problem): void {
  sql.run(
    "UPDATE dead_letters SET reason = ?, detail = ?, placeless = coalesce(?, placeless) WHERE topic = ? AND sha256 = ?",
    ...[reason, detail.slice(0, LONGEST_DETAIL).toWellFormed()],
    ...[placeless === undefined ? null : JSON.stringify(placeless), letter.topic, letterHash(letter)],
  );
}

/** What of an old letter has no time is kept by now (timeless-readings.ts). */
export function markKept(sql: Sql, letter: Letter): void {
  sql.run("UPDATE dead_letters SET is_old = 0 WHERE topic = ? AND sha256 = ?", letter.topic, letterHash(letter));
}

/** Takes a letter back: its message could be used after all. */
export function removeDeadLetter(sql: Sql, letter: Letter): void {
  const key = [letter.topic, letterHash(letter)] as const;
  const kept = sql.get(Used, "SELECT length(bytes) AS bytes FROM dead_letters WHERE topic = ? AND sha256 = ?", ...key);
  sql.run("DELETE FROM dead_letters WHERE topic = ? AND sha256 = ?", ...key);
  take(sql, letter.topic, -(kept?.bytes ?? 0));
}

const Used = z.object({ bytes: z.number().int() });
const USED = "SELECT bytes FROM dead_letter_bytes WHERE sender = ?";

/** Topics that are none of ours share one account. */
function senderOf(topic: string): string {
  const parsed = parseTopic(topic);
  return parsed === undefined ? "" : clientIdOf(parsed.address);
}

function take(sql: Sql, topic: string, bytes: number): void {
  if (bytes === 0) return;
  sql.run(
    `INSERT INTO dead_letter_bytes (sender, bytes) VALUES (?, max(0, ?2))
     ON CONFLICT DO UPDATE SET bytes = max(0, bytes + ?2)`,
    ...[senderOf(topic), bytes],
  );
}

const LetterRow = z
  .object({
    n: z.number().int(),
    topic: z.string(),
    bytes: z.instanceof(Uint8Array),
    is_old: z.number().int(),
    placeless: JsonText.pipe(z.array(z.tuple([z.number(), z.number()]))).nullable(),
  })
  .transform(({ n, topic, bytes, is_old, placeless }) => ({
    ...{ n, topic, payload: bytes, isOld: is_old !== 0 },
    placeless: placeless ?? undefined,
  }));

/**
 * A kept letter with its number in the table; `isOld`: what of it has no time was not kept when it came; `placeless`: the samples that
 * are stored nowhere yet, where that is known.
 */
export type KeptLetter = Letter & {
  readonly n: number;
  readonly isOld: boolean;
  readonly placeless: Ranges | undefined;
};

/** Letters of one reason, as far as their bytes are kept, with a number above `after`, at most `limit`. */
export function lettersOf(sql: Sql, reason: DeadReason, after: number, limit: number): readonly KeptLetter[] {
  return sql.all(
    LetterRow,
    `SELECT rowid AS n, topic, bytes, is_old, placeless FROM dead_letters
     WHERE reason = ? AND rowid > ? AND length(bytes) = size ORDER BY rowid LIMIT ?`,
    ...[reason, after, limit],
  );
}
