import { mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type UpdateManifest, updateId } from "#contract/updates.ts";
import { removeDurably, syncFolder, writeDurably } from "#kit/durable-file.ts";
import { JsonText } from "#kit/json-text.ts";
import { unpack } from "./unpack.ts";

/** What `launch.sh` has started, as it says in DVORNIK_STARTED_AS; undefined: it was not asked to start this program. */
export const StartedAs = z.enum(["trial", "current", "previous", "base"]).optional().catch(undefined);
export type StartedAs = z.infer<typeof StartedAs>;

const Ended = z.object({ id: z.string(), isWell: z.boolean(), reason: z.string() });
const SoftwareBook = z.object({
  v: z.literal(1),
  /** Which update lies where the link `trial` points to. */
  trial: z.object({ id: z.string(), folder: z.string() }).nullable(),
  ended: z.array(Ended),
});
type SoftwareBook = z.infer<typeof SoftwareBook>;

/** Programs that came as updates. Three links say which one runs: `trial`, `current`, `previous` (see launch.sh). */
export interface SoftwareStore {
  /** The update on trial, if there is one. */
  trial(): { readonly id: string } | undefined;
  ended(id: string): { readonly isWell: boolean; readonly reason: string } | undefined;
  /** Unpacks an archive into a folder of its own; gives the folder. Rejects with `UpdateRefused`. */
  stage(update: UpdateManifest, archive: string): Promise<string>;
  /** The next start is one of the staged program, on trial. */
  begin(update: UpdateManifest): Promise<void>;
  /** The program on trial is the current one from now on. */
  confirm(reason: string): Promise<void>;
  /** The program on trial is not started any more. */
  fail(reason: string): Promise<void>;
}

const MOST_ENDED = 8;
const folderOf = ({ counter, version }: UpdateManifest): string => `${counter}-${version}`;

/** Opens the programs in a folder, and settles a trial that has ended while another program, or none, ran. */
export async function openSoftwareStore(root: string, startedAs: StartedAs): Promise<SoftwareStore> {
  await mkdir(root, { recursive: true });
  const at = (name: string) => join(root, name);
  const path = at("software.json");
  const read = JsonText.pipe(SoftwareBook).safeParse(await readFile(path, "utf8").catch(() => undefined));
  let book: SoftwareBook = read.success ? read.data : { v: 1, trial: null, ended: [] };
  const keep = async (next: SoftwareBook) => {
    await writeDurably(path, JSON.stringify(next));
    book = next;
  };
  const end = async (isWell: boolean, reason: string) => {
    if (book.trial === null) return;
    const ended = [...book.ended, { id: book.trial.id, isWell, reason }].slice(-MOST_ENDED);
    await keep({ v: 1, trial: null, ended });
  };

  const trial = await linkTo(root, "trial");
  const current = await linkTo(root, "current");
  if (book.trial !== null && startedAs !== "trial") {
    // A kill between the two steps of `begin` or `confirm` is settled here.
    if (current === book.trial.folder) await end(true, "it has proven itself");
    else if (trial === undefined) await keep({ ...book, trial: null });
    else await end(false, await whyItFailed(root));
  }
  if (startedAs !== "trial") await removeDurably([at("trial"), at("trial-failed"), at("trial-starts")]);
  await sweep(root);

  return {
    trial: () => book.trial ?? undefined,
    ended: (id) => book.ended.find((one) => one.id === id),
    stage: async (update, archive) => {
      const folder = at(folderOf(update));
      await rm(`${folder}.new`, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
      await unpack(archive, `${folder}.new`);
      await rename(`${folder}.new`, folder);
      await syncFolder(root);
      return folder;
    },
    begin: async (update) => {
      await keep({ ...book, trial: { id: updateId(update), folder: folderOf(update) } });
      await removeDurably([at("trial-failed"), at("trial-starts")]);
      await link(root, "trial", folderOf(update));
    },
    confirm: async (reason) => {
      const before = await linkTo(root, "current");
      if (before === undefined) await removeDurably([at("previous")]);
      else await link(root, "previous", before);
      await rename(at("trial"), at("current"));
      await syncFolder(root);
      await end(true, reason);
      await sweep(root);
    },
    fail: async (reason) => {
      await writeDurably(at("trial-failed"), reason);
      await end(false, reason);
    },
  };
}

async function whyItFailed(root: string): Promise<string> {
  const said = await readFile(join(root, "trial-failed"), "utf8").catch(() => "");
  return said.trim() === "" ? "it was started five times and did not prove itself" : said.trim().slice(0, 150);
}

const linkTo = (root: string, name: string): Promise<string | undefined> =>
  readlink(join(root, name)).catch(() => undefined);

/** Points a link at a folder beside it, in one step. */
async function link(root: string, name: string, folder: string): Promise<void> {
  const begun = join(root, `${name}.new`);
  await rm(begun, { force: true });
  await symlink(folder, begun);
  await rename(begun, join(root, name));
  await syncFolder(root);
}

/** Removes programs that no link points to: begun ones, and those before the previous one. */
async function sweep(root: string): Promise<void> {
  const kept = await Promise.all(["trial", "current", "previous"].map((name) => linkTo(root, name)));
  for (const name of await readdir(root)) {
    if (/^\d+-/.test(name) && !kept.includes(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}
