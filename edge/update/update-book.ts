import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type UpdateManifest, updateId } from "#contract/updates.ts";
import { writeDurably } from "#kit/durable-file.ts";
import { codeOf } from "#kit/errors.ts";
import type { Highest } from "./judge-update.ts";

const Failed = z.object({ id: z.string(), reason: z.string() });
const Book = z.object({
  v: z.literal(1),
  highest: z.record(z.string(), z.object({ counter: z.number().int(), id: z.string() })),
  failed: z.array(Failed),
});
type Book = z.infer<typeof Book>;

/** What a device has to remember of updates whatever happens: on disk before anything is done upon it. */
export interface UpdateBook {
  highest(manifest: UpdateManifest): Highest | undefined;
  /** From now on nothing with a lower counter is taken. Rejects with `disk-full` or `disk-unwritable`. */
  accept(manifest: UpdateManifest): Promise<void>;
  /** Why this one failed its test here, or undefined. */
  failureOf(id: string): string | undefined;
  fail(id: string, reason: string): Promise<void>;
}

const MOST_FAILED = 32;
const keyOf = ({ kind, name }: UpdateManifest): string => `${kind}:${name}`;

/**
 * Opens the book in a folder. A book that cannot be read ends with an error rather than with an empty one: an empty one
 * would take old updates again.
 */
export async function openUpdateBook(folder: string): Promise<UpdateBook> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "book.json");
  let book: Book = await readBook(path);
  const keep = async (next: Book) => {
    await writeDurably(path, JSON.stringify(next));
    book = next;
  };
  return {
    highest: (manifest) => book.highest[keyOf(manifest)],
    accept: async (manifest) => {
      const held = book.highest[keyOf(manifest)];
      if (held !== undefined && held.counter >= manifest.counter) return;
      const highest = { counter: manifest.counter, id: updateId(manifest) };
      await keep({ ...book, highest: { ...book.highest, [keyOf(manifest)]: highest } });
    },
    failureOf: (id) => book.failed.find((one) => one.id === id)?.reason,
    fail: async (id, reason) => {
      const others = book.failed.filter((one) => one.id !== id);
      await keep({ ...book, failed: [...others, { id, reason }].slice(-MOST_FAILED) });
    },
  };
}

async function readBook(path: string): Promise<Book> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? { v: 1, highest: {}, failed: [] } : Book.parse(JSON.parse(text));
}
