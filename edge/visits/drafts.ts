import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { VisitPhoto } from "#contract/messages.ts";
import { SiteName } from "#contract/names.ts";
import { removeDurably, writeDurably } from "#kit/durable-file.ts";
import { KeptNetworkMarks } from "../pairs/network-marks.ts";
import { sha256Of } from "./photo-messages.ts";

/** A visit that has its first photo: it waits on disk for the one after. */
export const Draft = z.object({
  visit: z.string().min(1),
  site: SiteName,
  before: VisitPhoto,
  /** What the photo after is compared with; of another version, or none, it is compared by structure alone. */
  network: KeptNetworkMarks.nullable().catch(null),
});
export type Draft = z.infer<typeof Draft>;

/** Open visits, at most one for each site, on disk. */
export interface Drafts {
  of(site: string): Draft | undefined;
  open(): readonly Draft[];
  photoOf(draft: Draft): Promise<Uint8Array>;
  /** Resolves when draft and photo are on disk; a draft of the same site is replaced. Rejects with `disk-full`. */
  put(draft: Draft, photo: Uint8Array): Promise<void>;
  remove(draft: Draft): Promise<void>;
}

/**
 * Opens the folder of drafts and sweeps what a crash left in it: photos without a draft, drafts whose photo is missing
 * or damaged (`onBroken` hears of these), and drafts that `isDone` knows as visits already.
 */
export async function openDrafts(
  folder: string,
  isDone: (draft: Draft) => boolean,
  onBroken: (file: string) => void,
): Promise<Drafts> {
  await mkdir(folder, { recursive: true });
  const bySite = new Map<string, Draft>();
  const photoFile = (draft: Draft) => join(folder, `${draft.visit}.jpg`);
  const draftFile = (site: string) => join(folder, `${site}.json`);
  const photoOf = (draft: Draft) => readFile(photoFile(draft));

  for (const name of await readdir(folder)) {
    if (!name.endsWith(".json")) continue;
    const draft = await readDraft(join(folder, name));
    if (draft !== undefined && isDone(draft)) continue;
    const isWhole = draft !== undefined && sha256Of(await photoOf(draft).catch(() => Buffer.of())) === draft.before.sha;
    if (isWhole) bySite.set(draft.site, draft);
    else onBroken(name);
  }
  const wanted = new Set([...bySite.values()].flatMap((draft) => [photoFile(draft), draftFile(draft.site)]));
  const present = (await readdir(folder)).map((name) => join(folder, name));
  await removeDurably(present.filter((path) => !wanted.has(path)));

  return {
    of: (site) => bySite.get(site),
    open: () => [...bySite.values()],
    photoOf,
    put: async (draft, photo) => {
      const replaced = bySite.get(draft.site);
      await writeDurably(photoFile(draft), photo);
      try {
        await writeDurably(draftFile(draft.site), JSON.stringify(draft));
      } catch (error) {
        await forget(photoFile(draft));
        throw error;
      }
      bySite.set(draft.site, draft);
      if (replaced !== undefined) await forget(photoFile(replaced));
    },
    remove: async (draft) => {
      bySite.delete(draft.site);
      await removeDurably([draftFile(draft.site), photoFile(draft)]);
    },
  };
}

async function forget(photo: string): Promise<void> {
  await removeDurably([photo]).catch(() => {
    // A photo that no draft names is swept at the next start.
  });
}

async function readDraft(file: string): Promise<Draft | undefined> {
  try {
    const parsed = Draft.safeParse(JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not a draft; the caller counts it.
    return undefined;
  }
}
