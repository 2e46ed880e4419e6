import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UpdateManifest, updateId } from "#contract/updates.ts";
import { writeDurably } from "#kit/durable-file.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import type { Highest } from "./judge-update.ts";

const Failed = z.object({ id: z.string(), reason: z.string() });
const Book = z.object({
  v: z.literal(1),
  highest: z.record(
    z.string(),
    z.object({ counter: z.number().int(), id: z.string(), manifest: UpdateManifest.optional() }),
  ),
  failed: z.array(Failed),
});
type Book = z.infer<typeof Book>;

/** What a device has to remember of updates whatever happens. */
export interface UpdateBook {
  /** Why nothing is known of what was here, or undefined: an empty book would take old updates again, so none is taken then. */
  readonly trouble: string | undefined;
  highest(manifest: UpdateManifest): Highest | undefined;
  /** The newest of each kind and name that was begun here. */
  accepted(): readonly { readonly id: string; readonly manifest: UpdateManifest }[];
  /** From now on nothing with a lower counter is taken; on disk when it resolves. Rejects with `disk-full` or `disk-unwritable`. */
  accept(manifest: UpdateManifest): Promise<void>;
  /** Why this one failed its test here, or undefined. */
  failureOf(id: string): string | undefined;
  /** Holds at once; rejects where the disk does not take it, and `settle` tries again. */
  fail(id: string, reason: string): Promise<void>;
  /** Makes up for what the disk did not take. */
  settle(): Promise<void>;
}

const MOST_FAILED = 32;
const EMPTY: Book = { v: 1, highest: {}, failed: [] };
const keyOf = ({ kind, name }: UpdateManifest): string => `${kind}:${name}`;

/** Opens the book in a folder. One that cannot be read is left as it is, and says so in `trouble`. */
export async function openUpdateBook(folder: string): Promise<UpdateBook> {
  const path = join(folder, "book.json");
  const read = await readBook(folder, path);
  const trouble = "book" in read ? undefined : `${path} cannot be read: ${read.trouble}`.slice(0, 190);
  let book = "book" in read ? read.book : EMPTY;
  let isKept = true;
  const settle = async () => {
    if (isKept || trouble !== undefined) return;
    await writeDurably(path, JSON.stringify(book));
    isKept = true;
  };
  const keep = async (next: Book) => {
    book = next;
    isKept = false;
    await settle();
  };
  return {
    trouble,
    highest: (manifest) => book.highest[keyOf(manifest)],
    accepted: () =>
      Object.values(book.highest).flatMap(({ id, manifest }) => (manifest === undefined ? [] : [{ id, manifest }])),
    accept: async (manifest) => {
      const held = book.highest[keyOf(manifest)];
      if (held !== undefined && held.counter >= manifest.counter) return await settle();
      const highest = { counter: manifest.counter, id: updateId(manifest), manifest };
      await keep({ ...book, highest: { ...book.highest, [keyOf(manifest)]: highest } });
    },
    failureOf: (id) => book.failed.find((one) => one.id === id)?.reason,
    fail: async (id, reason) => {
      const others = book.failed.filter((one) => one.id !== id);
      await keep({ ...book, failed: [...others, { id, reason }].slice(-MOST_FAILED) });
    },
    settle,
  };
}

async function readBook(folder: string, path: string): Promise<{ readonly book: Book } | { readonly trouble: string }> {
  try {
    await mkdir(folder, { recursive: true });
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    return { book: text === undefined ? EMPTY : Book.parse(JSON.parse(text)) };
  } catch (error) {
    return { trouble: error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error) };
  }
}
