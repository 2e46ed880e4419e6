import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { UpdateManifest } from "#contract/updates.ts";
import type { Closer } from "#kit/closer.ts";
import { JsonText } from "#kit/json-text.ts";
import type { Judged, ModelPlace, ReplaceableJudge } from "../visits/judge.ts";
import type { Installer, Standing } from "./installer.ts";
import { type ModelStore, openModelStore } from "./model-store.ts";
import { type WatchOptions, watchTrial } from "./watch-trial.ts";

/** What model updates need. */
export interface ModelUpdatesOptions extends WatchOptions {
  /** Folder of the models that came as updates. */
  readonly folder: string;
  /** Folder of the model that the device was installed with. */
  readonly installed: string;
}

/** The model in use: it is replaced by updates, watched, and returned from. */
export interface ModelUpdates extends Installer, Closer {
  place(): ModelPlace;
  /** Hears of each photo. */
  saw(judged: Judged): void;
  /** Gives this judge each new model, and a loadable one now, if there is any. */
  attach(judge: ReplaceableJudge): Promise<void>;
}

/**
 * Opens the models of a device. A model on trial whose program has ended too often is left here, before it is loaded.
 */
export async function openModelUpdates(options: ModelUpdatesOptions): Promise<ModelUpdates> {
  const { folder, installed, log } = options;
  const store = await openModelStore(folder, installed);
  const shipped = await shippedIn(installed);
  const inUse = await shippedIn(store.place().folder);
  const listeners = new Set<() => void>();
  let judge: ReplaceableJudge | undefined;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const useCurrent = async () => {
    await judge?.use(store.place());
    tell();
  };
  const trial = await watchTrial(store, options, (isWell) => (isWell ? Promise.resolve(tell()) : useCurrent()));

  return {
    kind: "model",
    name: "waste-site",
    floor: Math.max(shipped?.counter ?? 0, store.trial() === undefined ? (inUse?.counter ?? 0) : 0),
    place: () => store.place(),
    busy: () => (store.trial() === undefined ? undefined : "another model is on trial"),
    standing: (id, update) => {
      const isShipped = shipped !== undefined && isModelOf(update, shipped) && store.place().folder === installed;
      return standingIn(store, id) ?? (isShipped ? { stage: "active", reason: "it is what runs here" } : undefined);
    },
    again: () => undefined,
    settle: () => trial.inTurn(() => store.settle()),
    roomFor: ({ files }) => files.reduce((sum, { bytes }) => sum + bytes, 0),
    test: async (update, files, signal) => {
      // Loaded only when a model has come: it brings the native libraries of pictures and models.
      const { checkModel } = await import("./check-model.ts");
      const chosen = await checkModel(await store.stage(update, files), update, signal);
      const { p99Ms, memoryMb } = chosen.bounds;
      const begin = async () => {
        await store.begin(update, chosen, { p99Ms, memoryMb, doubtfulBefore: trial.doubtfulBefore() });
        await useCurrent();
        if (judge !== undefined && judge.trouble !== null) await trial.end(false, judge.trouble);
      };
      return { why: chosen.why, begin: () => trial.inTurn(begin) };
    },
    onChange: (listener) => void listeners.add(listener),
    saw: trial.saw,
    attach: async (opened) => {
      judge = opened;
      while (opened.trouble !== null && store.place().folder !== installed) {
        log.error({ event: "model.unusable", reason: opened.trouble }, "the model cannot be loaded; the one before is");
        const left =
          store.trial() === undefined ? store.leaveCurrent(opened.trouble) : store.end(false, opened.trouble);
        await left.catch((error: unknown) => {
          log.error({ event: "model.unkept", err: error }, "which model is in use could not be kept");
        });
        await useCurrent();
      }
    },
    close: () => trial.close(),
  };
}

function standingIn(store: ModelStore, id: string): Standing | undefined {
  const trial = store.trial();
  if (trial?.model.id === id) return { stage: "trial", reason: trial.why };
  const ended = store.ended(id);
  return ended === undefined ? undefined : { stage: ended.isWell ? "active" : "returned", reason: ended.reason };
}

const Shipped = z.looseObject({ counter: z.number().int(), sha256: z.string() });

/** What a model's own manifest says of it; undefined where it has no counter. */
async function shippedIn(folder: string): Promise<z.infer<typeof Shipped> | undefined> {
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => undefined);
  return JsonText.pipe(Shipped).safeParse(text).data;
}

const isModelOf = ({ counter, files }: UpdateManifest, shipped: z.infer<typeof Shipped>): boolean =>
  counter === shipped.counter && files.some(({ sha256 }) => sha256 === shipped.sha256);
