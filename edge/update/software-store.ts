import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type UpdateManifest, updateId } from "#contract/updates.ts";
import { removeDurably, syncFolder, writeDurably } from "#kit/durable-file.ts";
import { fallenCurrent, leaveCurrent, link, linkTo, sweep, unpackBeside, whyItFailed } from "./software-links.ts";
import { openSoftwareNotes, type Returned, type SoftwareNotes } from "./software-notes.ts";
import { UpdateWaits } from "./update-refused.ts";

/** What `launch.sh` has started, as it says in DVORNIK_STARTED_AS; undefined: it was not asked to start this program. */
export const StartedAs = z.enum(["trial", "current", "previous", "base"]).optional().catch(undefined);
export type StartedAs = z.infer<typeof StartedAs>;

/** Programs that came as updates. Three links say which one runs: `trial`, `current`, `previous` (see launch.sh). */
export interface SoftwareStore {
  /** Settles what ended while another program, or none, ran; once that is on disk, nothing more. Rejects as the disk does. */
  settle(): Promise<void>;
  /** The update on trial, if there is one. */
  trial(): { readonly id: string } | undefined;
  /** The update whose trial met no link, until it is blamed, or on trial again. */
  returned(): Returned | undefined;
  ended(id: string): { readonly isWell: boolean; readonly reason: string } | undefined;
  /** Whether the current program is this update, also where what is remembered was lost: its link is still there. */
  isCurrent(update: Pick<UpdateManifest, "counter" | "version">): boolean;
  /** The highest counter among the programs that the links name; 0 where there is none. */
  readonly floor: number;
  /** Unpacks an archive into a folder of its own; gives the folder. Rejects with `UpdateRefused`. */
  stage(update: UpdateManifest, archive: string): Promise<string>;
  /** The next start is one of the staged program, on trial. */
  begin(update: UpdateManifest): Promise<void>;
  /** The program on trial is the current one from now on. */
  confirm(reason: string): Promise<void>;
  /** The program on trial is not started any more; the next program finds out why. `mayBeLink`: see `returned`. */
  fail(reason: string, mayBeLink: boolean): Promise<void>;
  /** What was asked of the program before is answered: the update has returned for good, or waits for another trial. */
  judge(isToBlame: boolean): Promise<void>;
}

const LINKS = ["trial", "current", "previous"] as const;
const folderOf = ({ counter, version }: Pick<UpdateManifest, "counter" | "version">): string => `${counter}-${version}`;

/** Opens the programs in a folder; `settle` is to be called first. */
export async function openSoftwareStore(root: string, startedAs: StartedAs): Promise<SoftwareStore> {
  const at = (name: string) => join(root, name);
  const notes = await openSoftwareNotes(at("software.json"));
  const forgetFall = () => removeDurably([at("current-failed"), at("current-starts")]);
  let current = await linkTo(root, "current");
  const linked = await Promise.all(LINKS.map((name) => linkTo(root, name)));
  let isSettled = false;

  return {
    settle: async () => {
      if (isSettled) return;
      await mkdir(root, { recursive: true });
      if (startedAs !== "trial") await settleTrial(root, notes, forgetFall);
      if (startedAs === "previous" || startedAs === "base") await settleFall(root, notes);
      await sweep(root, notes.book.returned?.folder);
      isSettled = true;
    },
    isCurrent: (update) => current === folderOf(update),
    floor: Math.max(0, ...linked.map((folder) => Number(/^(\d+)-/.exec(folder ?? "")?.[1] ?? 0))),
    trial: () => notes.book.trial ?? undefined,
    returned: () => notes.book.returned ?? undefined,
    ended: (id) => notes.book.ended.find((one) => one.id === id),
    stage: async (update, archive) => {
      const folder = at(folderOf(update));
      for (const name of LINKS) {
        // What may be started at any moment is never taken away.
        if ((await linkTo(root, name)) === folderOf(update)) throw new UpdateWaits(`it lies here already, as ${name}`);
      }
      await rm(folder, { recursive: true, force: true });
      await unpackBeside(folder, archive);
      await syncFolder(root);
      return folder;
    },
    begin: async (update) => {
      await notes.begin({ id: updateId(update), folder: folderOf(update) });
      await removeDurably([at("trial-failed"), at("trial-starts")]);
      await link(root, "trial", folderOf(update));
    },
    confirm: async (reason) => {
      const { trial } = notes.book;
      if (trial === null) return;
      const before = await linkTo(root, "current");
      if (before === undefined) await removeDurably([at("previous")]);
      else await link(root, "previous", before);
      await rename(at("trial"), at("current"));
      await syncFolder(root);
      current = trial.folder;
      await notes.end(trial, true, reason);
      await forgetFall();
      await sweep(root, notes.book.returned?.folder);
    },
    fail: (reason, mayBeLink) => writeDurably(at("trial-failed"), mayBeLink ? `${reason}\nlink\n` : `${reason}\n`),
    judge: notes.judge,
  };
}

/** Finds out how the trial ended, if there was one; a kill between the two steps of `begin` or `confirm` is settled too. */
async function settleTrial(root: string, notes: SoftwareNotes, forgetFall: () => Promise<void>): Promise<void> {
  const { trial, returned } = notes.book;
  if (trial === null) {
    // Another start than the first one since: nobody knows for how long the device was off.
    if (returned?.verdict === "asked") await notes.judge(false);
  } else if ((await linkTo(root, "current")) === trial.folder) {
    await notes.end(trial, true, "it has proven itself");
    await forgetFall();
  } else if ((await linkTo(root, "trial")) === undefined) await notes.forget();
  else {
    const { reason, mayBeLink } = await whyItFailed(root);
    if (mayBeLink) await notes.askWhy(trial, reason);
    else await notes.end(trial, false, reason);
  }
  await removeDurably(["trial", "trial-failed", "trial-starts"].map((name) => join(root, name)));
}

const DID_NOT_LAST = "after it had proven itself it was started ten times and did not last ten minutes";

/** The launcher has given the current program up: the one before, which runs now, is the current one from now on. */
async function settleFall(root: string, notes: SoftwareNotes): Promise<void> {
  const fallen = await fallenCurrent(root);
  if (fallen === undefined) return;
  const was = notes.book.ended.find(({ folder }) => folder === fallen);
  if (was !== undefined) await notes.end({ id: was.id, folder: fallen }, false, DID_NOT_LAST);
  await leaveCurrent(root);
}
