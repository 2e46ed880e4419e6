import { createHash } from "node:crypto";
import { z } from "zod";
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
  "internal",
]);
export type DeadReason = z.infer<typeof DeadReason>;

/** What is wrong with a message, for the one who reads the list. */
export interface Problem {
  readonly reason: DeadReason;
  readonly detail: string;
}

/** A message as it came. */
export interface Letter {
  readonly topic: string;
  readonly payload: Uint8Array;
}

const LONGEST_DETAIL = 1_000;

/** SHA-256 (hex) of a letter's bytes: with the topic it is the letter's identity. */
export const letterHash = ({ payload }: Letter): string => createHash("sha256").update(payload).digest("hex");

/** Keeps a message that could not be used; the same bytes on the same topic are one letter that came several times. */
export function keepDeadLetter(sql: Sql, letter: Letter, { reason, detail }: Problem, nowMs: number): void {
  sql.run(
    `INSERT INTO dead_letters (topic, sha256, reason, detail, at, times, bytes) VALUES (?, ?, ?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET times = times + 1, reason = excluded.reason, detail = excluded.detail`,
    ...[
      letter.topic,
      letterHash(letter),
      reason,
      detail.slice(0, LONGEST_DETAIL).toWellFormed(),
      nowMs,
      letter.payload,
    ],
  );
}

/** Changes why a kept letter cannot be used; it did not come again. */
export function renameDeadLetter(sql: Sql, letter: Letter, { reason, detail }: Problem): void {
  sql.run(
    "UPDATE dead_letters SET reason = ?, detail = ? WHERE topic = ? AND sha256 = ?",
    ...[reason, detail.slice(0, LONGEST_DETAIL).toWellFormed(), letter.topic, letterHash(letter)],
  );
}

/** Takes a letter back: its message could be used after all. */
export function removeDeadLetter(sql: Sql, letter: Letter): void {
  sql.run("DELETE FROM dead_letters WHERE topic = ? AND sha256 = ?", letter.topic, letterHash(letter));
}

const LetterRow = z
  .object({ n: z.number().int(), topic: z.string(), bytes: z.instanceof(Uint8Array) })
  .transform(({ n, topic, bytes }) => ({ n, topic, payload: bytes }));

/** A kept letter with its number in the table. */
export type KeptLetter = Letter & { readonly n: number };

/** Letters of one reason with a number above `after`, at most `limit`. */
export function lettersOf(sql: Sql, reason: DeadReason, after: number, limit: number): readonly KeptLetter[] {
  return sql.all(
    LetterRow,
    "SELECT rowid AS n, topic, bytes FROM dead_letters WHERE reason = ? AND rowid > ? ORDER BY rowid LIMIT ?",
    ...[reason, after, limit],
  );
}
