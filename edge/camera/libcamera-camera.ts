import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import { runProgram } from "#kit/run-program.ts";
import { type Camera, CameraUnavailable } from "./camera.ts";
import { listCameras, type ProgramCameraOptions, runCamera, SHOT_WITHIN_MS } from "./camera-program.ts";
import { checkJpeg, MAX_JPEG_BYTES } from "./check-jpeg.ts";
import { libcameraOptions, PHOTO_NAME } from "./libcamera-options.ts";
import { troubleOf } from "./program-trouble.ts";

const COMMAND = "libcamera-still";
const INSTALL = "sudo apt install libcamera-apps (Raspberry Pi OS up to 2023; newer ones: CAMERA=rpicam)";
const PROGRAM = join(import.meta.dirname, "libcamera-still-main.ts");
const LOOK_AT_SIZE_EVERY_MS = 100;

/**
 * A camera at a Raspberry Pi's connector by the package `node-libcamera`, for systems that have `libcamera-still` and no
 * `rpicam-still`. The package cannot hand over bytes, so each shot gets a folder in `scratchFolder`, which is gone after
 * it, also after a crash: `scratchFolder` is ours alone and is emptied before the first shot.
 */
export function createLibcameraCamera(scratchFolder: string, parts: ProgramCameraOptions): Camera {
  const { environment, withinMs = SHOT_WITHIN_MS } = parts;
  const args = [PROGRAM, JSON.stringify(libcameraOptions(parts.options))];
  let swept = false;

  async function makeFolder(): Promise<string> {
    try {
      if (!swept) await rm(scratchFolder, { recursive: true, force: true });
      swept = true;
      await mkdir(scratchFolder, { recursive: true });
      return await mkdtemp(join(scratchFolder, "shot-"));
    } catch (cause) {
      throw new CameraUnavailable(...folderTrouble(scratchFolder, codeOf(cause)), { cause });
    }
  }

  async function take(folder: string, signal: AbortSignal): Promise<Uint8Array> {
    const full = new AbortController();
    const looking = every(
      LOOK_AT_SIZE_EVERY_MS,
      () => endIfTooLarge(folder, full),
      () => {
        // A folder that cannot be read now is read again at the next look.
      },
    );
    const program = { command: execPath, args, environment, cwd: folder, withinMs, maxOutputBytes: MAX_JPEG_BYTES };
    try {
      const running = runProgram(program, AbortSignal.any([signal, full.signal]));
      const { status, complaints } = await runCamera(running, INSTALL);
      if (status !== 0) throw troubleOf(COMMAND, status, complaints);
    } catch (error) {
      throw full.signal.aborted ? tooLarge() : error;
    } finally {
      await looking.close();
    }
    return await readPhoto(folder);
  }

  return {
    capture: async (signal) => {
      signal.throwIfAborted();
      const folder = await makeFolder();
      try {
        return await take(folder, signal);
      } finally {
        await rm(folder, { recursive: true, force: true }).catch(() => {
          // The disk is in trouble; what is left is swept at the next start.
        });
      }
    },
    check: async (signal) => {
      const [first] = await listCameras(COMMAND, INSTALL, parts, signal);
      if (first !== undefined) return `${COMMAND}: ${first.name}`;
      throw new CameraUnavailable("no-camera", `${COMMAND} knows no camera: check its cable, then start anew`);
    },
  };
}

async function readPhoto(folder: string): Promise<Uint8Array> {
  const file = join(folder, PHOTO_NAME);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.size === 0) {
    throw new CameraUnavailable("failed", `${COMMAND} ended well but wrote no photo`);
  }
  if (found.size > MAX_JPEG_BYTES) throw tooLarge();
  const bytes = await readFile(file);
  await checkJpeg(bytes, `what ${COMMAND} wrote`);
  return bytes;
}

async function endIfTooLarge(folder: string, full: AbortController): Promise<void> {
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0),
  );
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_JPEG_BYTES) full.abort();
}

const tooLarge = () =>
  new CameraUnavailable(
    "too-large",
    `${COMMAND} wrote more than ${MAX_JPEG_BYTES} bytes: that is no photo; it was ended`,
  );

function folderTrouble(folder: string, code: string): ["disk-full" | "failed", string] {
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return isFull
    ? ["disk-full", `the disk is full: no room for a photo in ${folder}`]
    : ["failed", `${folder} cannot be written (${code})`];
}
