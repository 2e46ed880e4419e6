import type { JournalBudget } from "#journal/budget.ts";
import type { Journal, StoredRecord } from "#journal/journal.ts";
import { rangesOf } from "./plain-gap-writer.ts";

/** Most worthy first; gaps are alerts. */
export const CLASSES = ["alert", "visit", "chunk"] as const;

/** A budget of a few records, whose gaps are those of plain-gap-writer.ts. */
export const aBudget = (bytes: number, change: Partial<JournalBudget> = {}): JournalBudget => ({
  bytes,
  shares: { alert: 0.2, visit: 0.3, chunk: 0.2 },
  gapClass: "alert",
  gapWriter: new URL("./plain-gap-writer.ts", import.meta.url),
  owner: null,
  stamp: () => "noon",
  ...change,
});

/** Everything that a class holds. */
export async function allOf(journal: Journal, recordClass: string): Promise<StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (let after = 0; ; after = all.at(-1)?.n ?? after) {
    const records = await journal.read(recordClass, after, 10_000);
    if (records.length === 0) return all;
    all.push(...records);
  }
}

/** Every number of every range, as often as it is named. */
export const numbersIn = (gaps: readonly StoredRecord[]): number[] =>
  gaps.flatMap((gap) =>
    rangesOf(gap).flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
  );
