import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { writeDurably } from "#kit/durable-file.ts";
import { codeOf } from "#kit/errors.ts";
import { PhotoUnreadable } from "../classify/classifier.ts";
import { type Camera, CameraUnavailable } from "./camera.ts";
import { checkJpeg, MAX_JPEG_BYTES } from "./check-jpeg.ts";

/** A folder that stands for a camera. */
export interface FolderCameraOptions {
  readonly folder: string;
  /** Where the name of the last photo taken is kept. */
  readonly positionFile: string;
  /** Whether the first photo follows the last one. */
  readonly loop: boolean;
}

const Position = z.object({ folder: z.string(), last: z.string() });

/**
 * Takes the JPEG that follows the last one in the order of names. The position is on disk before a photo is handed
 * out, so no photo is taken twice, also not after a crash; one that cannot be read is passed over the same way.
 */
export function createFolderCamera({ folder, positionFile, loop }: FolderCameraOptions): Camera {
  const place = resolve(folder);
  let last: string | undefined;

  async function nextName(): Promise<string> {
    last ??= await readPosition(positionFile, place);
    const names = await listPhotos(place);
    const after = last;
    const next = after === undefined ? names[0] : (names.find((name) => name > after) ?? (loop ? names[0] : undefined));
    if (next !== undefined) return next;
    throw new CameraUnavailable(
      "no-photo",
      names.length === 0 ? `no photo in ${folder}` : `no new photo in ${folder} after ${after ?? "the last one"}`,
    );
  }

  return {
    capture: async (signal) => {
      signal.throwIfAborted();
      const name = await nextName();
      await writeDurably(positionFile, JSON.stringify({ folder: place, last: name }));
      last = name;
      const bytes = await readPhoto(join(place, name), name, signal);
      await checkJpeg(bytes, name);
      return bytes;
    },
    check: async () => {
      const name = await nextName();
      const count = (await listPhotos(place)).length;
      return `folder ${folder}: ${count} ${count === 1 ? "photo" : "photos"}, ${name} is next`;
    },
  };
}

async function listPhotos(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new CameraUnavailable("no-camera", `the folder of photos cannot be read: ${folder} (${codeOf(cause)})`, {
      cause,
    });
  });
  return entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && /\.jpe?g$/i.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function readPhoto(path: string, name: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new PhotoUnreadable(`${name} is not a file`);
    if (found.size > MAX_JPEG_BYTES) throw new PhotoUnreadable(`${name} is larger than ${MAX_JPEG_BYTES} bytes`);
    return await readFile(path, { signal });
  } catch (cause) {
    if (cause instanceof PhotoUnreadable) throw cause;
    if (signal.aborted) throw new CameraUnavailable("hung", `${name} was given up: it took too long`, { cause });
    throw new PhotoUnreadable(`${name} cannot be read (${codeOf(cause)})`, { cause });
  }
}

async function readPosition(file: string, folder: string): Promise<string | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = Position.safeParse(parseJson(text));
  // A position in another folder says nothing about this one.
  return parsed.success && parsed.data.folder === folder ? parsed.data.last : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a position: then the folder begins anew.
    return undefined;
  }
}
