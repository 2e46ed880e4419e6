import { copyFile, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Sha256 } from "#contract/names.ts";
import { type UpdateManifest, updateId } from "#contract/updates.ts";
import { syncFolder, writeDurably } from "#kit/durable-file.ts";
import { JsonText } from "#kit/json-text.ts";
import type { ModelPlace } from "../visits/judge.ts";
import type { ChosenNetwork } from "./check-model.ts";
import { NO_COUNTS, TrialCounts } from "./model-trial.ts";

/** A model that came as an update and lies in a folder of its own. */
const KeptModel = z.object({
  id: z.string(),
  /** Name of its folder. */
  folder: z.string().regex(/^[0-9a-f]{16}$/),
  file: z.string(),
  sha256: Sha256,
});
export type KeptModel = z.infer<typeof KeptModel>;

const Trial = z.object({
  model: KeptModel,
  counts: TrialCounts,
  doubtfulBefore: z.number().optional(),
  p99Ms: z.number(),
  memoryMb: z.number(),
  /** What was measured here, in words. */
  why: z.string(),
});
export type Trial = z.infer<typeof Trial>;

const Ended = z.object({ id: z.string(), isWell: z.boolean(), reason: z.string() });
export type Ended = z.infer<typeof Ended>;

/** One file says which model is used, which one before, and what is proven: a switch is its replacement. */
const InUse = z.object({
  v: z.literal(1),
  /** Null is the model that the device was installed with. */
  current: KeptModel.nullable(),
  previous: KeptModel.nullable(),
  trial: Trial.nullable(),
  ended: z.array(Ended),
});
type InUse = z.infer<typeof InUse>;

/** The models of a device on its disk. */
export interface ModelStore {
  /** The one to be used now: the one on trial, else the current one. */
  place(): ModelPlace;
  trial(): Trial | undefined;
  ended(id: string): Ended | undefined;
  /** Copies downloaded files, by hash, to a folder of their own; gives the folder. */
  stage(update: UpdateManifest, files: string): Promise<string>;
  /** Uses a staged model from now on, on trial. */
  begin(
    update: UpdateManifest,
    chosen: ChosenNetwork,
    bounds: { p99Ms: number; memoryMb: number; doubtfulBefore: number | undefined },
  ): Promise<void>;
  /** Keeps what was seen of the model on trial. It holds at once; rejects where the disk does not take it. */
  note(counts: TrialCounts): Promise<void>;
  /** Ends the trial: the model stays once that is on disk; the one before comes back at once, as with `note`. */
  end(isWell: boolean, reason: string): Promise<void>;
  /** Leaves the current model, which cannot be loaded any more, for the one before it, as with `note`; it counts as returned. */
  leaveCurrent(reason: string): Promise<void>;
  /** Makes up for what the disk did not take. */
  settle(): Promise<void>;
}

const MOST_ENDED = 8;
const folderOf = (id: string): string => id.slice(0, 16);
const NOTHING: InUse = { v: 1, current: null, previous: null, trial: null, ended: [] };

/** Opens the models kept in a folder; `installed` is the one that came with the device, which is never touched. */
export async function openModelStore(root: string, installed: string): Promise<ModelStore> {
  const path = join(root, "in-use.json");
  let inUse = await readInUse(path);
  let isKept = true;
  await mkdir(root, { recursive: true }).catch(() => {
    // A disk that takes nothing: it shows with the first change, and the installed model needs none.
  });
  await sweep(root, inUse);
  /** Changes what is used once that is on disk. */
  const keep = async (next: InUse) => {
    await writeDurably(path, JSON.stringify(next));
    inUse = next;
    isKept = true;
    await sweep(root, inUse);
  };
  const settle = async () => {
    if (!isKept) await keep(inUse);
  };
  /** Changes what is used, whether or not the disk takes it: a model that does harm must go. */
  const change = async (next: InUse) => {
    inUse = next;
    isKept = false;
    await settle();
  };
  return {
    place: () => {
      const model = inUse.trial?.model ?? inUse.current;
      return model === null ? { folder: installed } : { folder: join(root, model.folder), file: model.file };
    },
    trial: () => inUse.trial ?? undefined,
    ended: (id) => inUse.ended.find((one) => one.id === id),
    stage: (update, files) => stage(root, update, files),
    begin: async (update, { measured, why }, bounds) => {
      const id = updateId(update);
      const model = { id, folder: folderOf(id), file: measured.file, sha256: measured.sha256 };
      const { p99Ms, memoryMb, doubtfulBefore } = bounds;
      const before = doubtfulBefore === undefined ? {} : { doubtfulBefore };
      await keep({ ...inUse, trial: { model, counts: NO_COUNTS, p99Ms, memoryMb, why, ...before } });
    },
    note: async (counts) => {
      if (inUse.trial !== null) await change({ ...inUse, trial: { ...inUse.trial, counts } });
    },
    end: async (isWell, reason) => {
      const { trial, current, previous } = inUse;
      if (trial === null) return;
      const ended = [...inUse.ended, { id: trial.model.id, isWell, reason }].slice(-MOST_ENDED);
      const pair = isWell ? { current: trial.model, previous: current } : { current, previous };
      await (isWell ? keep : change)({ v: 1, ...pair, trial: null, ended });
    },
    leaveCurrent: async (reason) => {
      const ended = inUse.ended.map((one) => (one.id === inUse.current?.id ? { ...one, isWell: false, reason } : one));
      await change({ ...inUse, current: inUse.previous, previous: null, ended });
    },
    settle,
  };
}

/** A file that cannot be read is as one that is not there: the model that the device was installed with always works. */
async function readInUse(path: string): Promise<InUse> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  const read = JsonText.pipe(InUse).safeParse(text);
  return read.success ? read.data : NOTHING;
}

/** Removes folders of models that nothing points to: begun ones, and those before the previous one. */
async function sweep(root: string, { current, previous, trial }: InUse): Promise<void> {
  const kept = [current, previous, trial?.model].map((model) => model?.folder);
  for (const name of await readdir(root).catch(() => [])) {
    if (!/^[0-9a-f]{16}(\.new)?$/.test(name) || kept.includes(name)) continue;
    await rm(join(root, name), { recursive: true, force: true }).catch(() => {
      // It only takes room; the next change sweeps again.
    });
  }
}

async function stage(root: string, update: UpdateManifest, files: string): Promise<string> {
  const folder = join(root, folderOf(updateId(update)));
  const begun = `${folder}.new`;
  await rm(begun, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
  await mkdir(begun);
  for (const { name, sha256 } of update.files) {
    await copyFile(join(files, sha256), join(begun, name));
    const handle = await open(join(begun, name), "r");
    await handle.sync().finally(() => handle.close());
  }
  await syncFolder(begun);
  await rename(begun, folder);
  await syncFolder(root);
  return folder;
}
