import type { z } from "zod";
import type { Journal } from "#journal/journal.ts";

/** Where groups keep what they have handed out, beside the journal's log. */
export const HANDED_OUT_NAMES = "delivery/";
/** Where sessions keep how they stand; the names are also those of their readers. */
export const SESSION_NAMES = "session/";

/** What groups and sessions kept in the last life. All else that lies beside the log is not held in memory for them. */
export async function keptNotes(journal: Pick<Journal, "kept">): Promise<ReadonlyMap<string, Uint8Array>> {
  return new Map([...(await journal.kept(HANDED_OUT_NAMES)), ...(await journal.kept(SESSION_NAMES))]);
}

/** A note as it was kept; undefined where it cannot be read, which must not keep a gateway from starting. */
export function readNote<Note>(schema: z.ZodType<Note>, bytes: Uint8Array): Note | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(bytes).toString())).data;
  } catch {
    return undefined;
  }
}
