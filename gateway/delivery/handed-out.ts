import { z } from "zod";
import type { Journal } from "#journal/journal.ts";
import { HANDED_OUT_NAMES, readNote } from "./kept-notes.ts";

/**
 * What a group may have handed out, as it lies beside the journal.
 *
 * Exact while nobody is there. From before the first hand-out to a member until the last has gone it says only `open`:
 * then everything up to the journal's end may have been handed out, wherever the process was killed.
 */
const HandedOut = z.object({ open: z.boolean(), to: z.record(z.string(), z.number().int()) });

const nameOf = (group: string): string => `${HANDED_OUT_NAMES}${group}`;

/** The highest number of each class that a group may have handed out before this start: all, where that cannot be read. */
export function handedOutBefore(
  group: string,
  kept: ReadonlyMap<string, Uint8Array>,
  journal: Pick<Journal, "newest">,
): (recordClass: string) => number {
  const bytes = kept.get(nameOf(group));
  if (bytes === undefined) return () => 0;
  const { open, to } = readNote(HandedOut, bytes) ?? { open: true, to: {} };
  const newest = journal.newest();
  return (recordClass) => (open ? newest : (to[recordClass] ?? 0));
}

/** Keeps that a group hands out from now on; it may once this resolves. */
export const keepOpen = (group: string, journal: Journal): Promise<void> => keep(group, journal, true, {});

/** Keeps up to where a group has handed out, once it does not any more. */
export const keepHandedOut = (group: string, journal: Journal, to: Readonly<Record<string, number>>): Promise<void> =>
  keep(group, journal, false, to);

/** The group is no more. */
export const forgetHandedOut = (group: string, journal: Journal): Promise<void> => journal.keep(nameOf(group), null);

function keep(group: string, journal: Journal, open: boolean, to: Readonly<Record<string, number>>): Promise<void> {
  return journal.keep(nameOf(group), Buffer.from(JSON.stringify({ open, to })));
}
