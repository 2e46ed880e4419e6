import { join } from "node:path";
import type { UpdateStage } from "#contract/twin.ts";
import type { SignedUpdate, UpdateManifest } from "#contract/updates.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/logger.ts";
import type { DeviceTime } from "../health/device-time.ts";
import { downloadFile } from "./download.ts";
import type { Installer } from "./installer.ts";
import { type JudgeFacts, judgeUpdate } from "./judge-update.ts";
import type { UpdateBook } from "./update-book.ts";
import { UpdateRefused, UpdateUnfit, UpdateWaits } from "./update-refused.ts";

/** What taking an update needs. */
export interface TakeOptions {
  /** Folder of what is downloaded. */
  readonly folder: string;
  readonly book: UpdateBook;
  /** Raw public keys that are trusted, base64url. */
  readonly keys: readonly string[];
  /** The cloud; undefined where the device has none: then nothing is fetched. */
  readonly fleetUrl: string | undefined;
  readonly installers: readonly Installer[];
  readonly software: string;
  readonly bytesPerS: number;
  /** Of the disk that the folder is on. */
  readonly freeBytes: () => Promise<number>;
  /** Why nothing large may be done now (a low battery), or undefined. */
  readonly holdBack: () => string | undefined;
  readonly time: Pick<DeviceTime, "stamp">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Where files lie by their hashes. */
export const filesIn = (folder: string): string => join(folder, "files");

/** Who replaces what the manifest names; undefined where there is no such thing here. */
export const installerOf = (installers: readonly Installer[], manifest: UpdateManifest): Installer | undefined =>
  installers.find(({ kind, name }) => kind === manifest.kind && name === manifest.name);

/** The outbox and the journal's reserve live on the same disk. */
const KEEP_FREE_BYTES = 64 * 1024 * 1024;

/**
 * Takes one update as far as its switch: judged, fetched, tested, switched to. `say` hears of the stages, `onProgress` of
 * each piece.
 *
 * Rejects with `UpdateRefused` when it is never to be taken, with `UpdateUnfit` when it is for others, with `UpdateWaits` when it may go on later from where it was.
 */
export async function takeUpdate(
  { update, id }: { readonly update: SignedUpdate; readonly id: string },
  options: TakeOptions,
  { say, onProgress }: { readonly say: (stage: UpdateStage) => void; readonly onProgress: () => void },
  signal: AbortSignal,
): Promise<void> {
  const { manifest } = update;
  const { folder, book, installers, fleetUrl, holdBack, log } = options;
  if (book.trouble !== undefined) throw new UpdateWaits(book.trouble);
  const judged = judgeUpdate(update, factsOf(options));
  if (judged.kind === "unfit") throw new UpdateUnfit(judged.reason);
  if (judged.kind === "refuse") throw new UpdateRefused(judged.reason);
  if (judged.kind === "wait") throw new UpdateWaits(judged.reason);
  const installer = installerOf(installers, manifest);
  const hindrance = installer?.busy() ?? holdBack();
  if (hindrance !== undefined) throw new UpdateWaits(hindrance);
  if (installer === undefined || fleetUrl === undefined) throw new UpdateWaits("FLEET_URL is not set");

  await installer.settle();
  await book.accept(manifest);
  const fetchAndTest = async () => {
    await fetchFiles(
      manifest,
      { ...options, fleetUrl, room: installer.roomFor(manifest) },
      { say, onProgress },
      signal,
    );
    say("testing");
    return await installer.test(manifest, filesIn(folder), signal);
  };
  const { begin, why } = installer.again(manifest) ?? (await fetchAndTest());
  log.info({ event: "update.tested", id, version: manifest.version, why }, "an update has passed its test");
  await begin();
}

/** Fetches what is not here yet, while there is room and power. */
async function fetchFiles(
  { files }: UpdateManifest,
  options: TakeOptions & { readonly fleetUrl: string; readonly room: number },
  { say, onProgress }: { readonly say: (stage: UpdateStage) => void; readonly onProgress: () => void },
  signal: AbortSignal,
): Promise<void> {
  const { folder, fleetUrl, room, bytesPerS, holdBack, clock } = options;
  say("downloading");
  const checkRoom = async (toCome: number) => {
    const reason = holdBack() ?? fullDisk(await options.freeBytes(), toCome + room);
    if (reason !== undefined) throw new UpdateWaits(reason);
  };
  let pieces = 0;
  const mayGoOn = async (toCome: number) => {
    await checkRoom(toCome);
    if (pieces > 0) onProgress();
    pieces += 1;
  };
  await checkRoom(files.reduce((sum, { bytes }) => sum + bytes, 0));
  const download = { fleetUrl, folder: filesIn(folder), bytesPerS, clock, mayGoOn };
  for (const file of files) await downloadFile(file, download, signal);
  await checkRoom(0);
}

function factsOf({ keys, software, installers, book, time }: TakeOptions): JudgeFacts {
  const { at, clock } = time.stamp();
  return {
    keys,
    software,
    arch: process.arch,
    isKnown: (manifest) => installerOf(installers, manifest) !== undefined,
    highest: book.highest,
    floor: (manifest) => installerOf(installers, manifest)?.floor ?? 0,
    now: { at, clock },
  };
}

function fullDisk(freeBytes: number, toCome: number): string | undefined {
  const spare = freeBytes - KEEP_FREE_BYTES;
  if (spare >= toCome) return undefined;
  const megabytes = (bytes: number) => Math.max(0, Math.round(bytes / 1_000_000));
  return `the disk has ${megabytes(spare)} MB to spare, and ${megabytes(toCome)} MB are needed`;
}
