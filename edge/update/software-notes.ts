import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeDurably } from "#kit/durable-file.ts";
import { JsonText } from "#kit/json-text.ts";

const Ended = z.object({
  id: z.string(),
  isWell: z.boolean(),
  reason: z.string(),
  /** Where it was unpacked. */
  folder: z.string().optional(),
});

/**
 * A trial that ended where nothing but a missing link may be the cause. `asked`: the program before runs for the first time
 * since; if it connects soon, the new one is to blame. `blameless`: it did not, so the new one is tried again.
 */
const Returned = z.object({
  id: z.string(),
  folder: z.string(),
  reason: z.string(),
  /** How many trials of it ended so. */
  tries: z.number().int().min(1),
  verdict: z.enum(["asked", "blameless"]),
});
export type Returned = z.infer<typeof Returned>;

const SoftwareBook = z.object({
  v: z.literal(1),
  /** Which update lies where the link `trial` points to. */
  trial: z.object({ id: z.string(), folder: z.string() }).nullable(),
  returned: Returned.nullable().default(null),
  ended: z.array(Ended),
});
type SoftwareBook = z.infer<typeof SoftwareBook>;

/** A program that came as an update: which one, and the folder beside the links where it lies. */
interface Program {
  readonly id: string;
  readonly folder: string;
}

/** What is remembered of updates of the software; each change is on disk before it resolves. */
export interface SoftwareNotes {
  readonly book: SoftwareBook;
  begin(program: Program): Promise<void>;
  /** The trial never began: its link is not there. */
  forget(): Promise<void>;
  end(program: Program, isWell: boolean, reason: string): Promise<void>;
  /** The trial has ended, perhaps only for want of a link. */
  askWhy(program: Program, reason: string): Promise<void>;
  /** What was asked is answered. */
  judge(isToBlame: boolean): Promise<void>;
}

const MOST_ENDED = 8;

/** Opens the notes in a file; one that cannot be read is as one that is not there: the links say what runs. */
export async function openSoftwareNotes(path: string): Promise<SoftwareNotes> {
  const read = JsonText.pipe(SoftwareBook).safeParse(await readFile(path, "utf8").catch(() => undefined));
  let book: SoftwareBook = read.success ? read.data : { v: 1, trial: null, returned: null, ended: [] };
  const keep = async (next: SoftwareBook) => {
    await writeDurably(path, JSON.stringify(next));
    book = next;
  };
  const end = async ({ id, folder }: Program, isWell: boolean, reason: string) => {
    const ended = [...book.ended.filter((one) => one.id !== id), { id, isWell, reason, folder }].slice(-MOST_ENDED);
    const unless = <One extends Program>(one: One | null) => (one?.id === id ? null : one);
    await keep({ v: 1, trial: unless(book.trial), returned: unless(book.returned), ended });
  };
  return {
    get book() {
      return book;
    },
    begin: async ({ id, folder }) => {
      const returned = book.returned?.id === id ? book.returned : null;
      await keep({ ...book, trial: { id, folder }, returned });
    },
    forget: () => keep({ ...book, trial: null }),
    end,
    askWhy: async (program, reason) => {
      const tries = book.returned?.id === program.id ? book.returned.tries + 1 : 1;
      await keep({ ...book, trial: null, returned: { ...program, reason, tries, verdict: "asked" } });
    },
    judge: async (isToBlame) => {
      const { returned } = book;
      if (returned === null) return;
      if (isToBlame) await end(returned, false, `${returned.reason}; the program before connected at once`);
      else await keep({ ...book, returned: { ...returned, verdict: "blameless" } });
    },
  };
}
