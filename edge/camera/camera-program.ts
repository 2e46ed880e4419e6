import { ProgramFailed, runProgram } from "#kit/run-program.ts";
import type { StillOptions } from "../../firmware-config/settings/still-options.ts";
import { type ListedCamera, parseCameraList } from "./camera-list.ts";
import { checkJpeg, MAX_JPEG_BYTES } from "./check-jpeg.ts";
import { troubleOf, troubleOfFailure } from "./program-trouble.ts";

/** Programs of the environment's PATH that take photos. */
export interface ProgramCameraOptions {
  readonly options: StillOptions;
  /** All that the program sees. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Longer is hung; it is ended then. */
  readonly withinMs?: number;
}

/** Opening the sensor and encoding 12 megapixels takes a Zero 2 W some 3 s; below the time limit of a shot. */
export const SHOT_WITHIN_MS = 12_000;
const LIST_WITHIN_MS = 8_000;
const MAX_LIST_BYTES = 256 * 1024;

/** The cameras that a program of rpicam's family lists; rejects with `camera-unavailable`. */
export async function listCameras(
  command: string,
  howToInstall: string,
  { environment, withinMs = LIST_WITHIN_MS }: Pick<ProgramCameraOptions, "environment" | "withinMs">,
  signal: AbortSignal,
): Promise<readonly ListedCamera[]> {
  const list = { command, args: ["--list-cameras"], environment, withinMs, maxOutputBytes: MAX_LIST_BYTES };
  const { status, output, complaints } = await runCamera(runProgram(list, signal), howToInstall);
  if (status !== 0) throw troubleOf(command, status, complaints);
  return parseCameraList(output.toString("utf8"));
}

/** A program that writes one JPEG to its standard output. */
export interface PhotoProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly howToInstall: string;
  /** What the photo is called where it is none. */
  readonly what: string;
  /** What it means that the program ended well and wrote nothing. */
  readonly ifEmpty: (complaints: string) => Error;
}

/** Takes one photo; rejects with `camera-unavailable`, and with what `checkJpeg` says of a photo that is none. */
export async function photoOf(
  { command, args, howToInstall, what, ifEmpty }: PhotoProgram,
  { environment, withinMs = SHOT_WITHIN_MS }: ProgramCameraOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const program = { command, args, environment, withinMs, maxOutputBytes: MAX_JPEG_BYTES };
  const { status, output, complaints } = await runCamera(runProgram(program, signal), howToInstall);
  if (status !== 0) throw troubleOf(command, status, complaints);
  if (output.length === 0) throw ifEmpty(complaints);
  await checkJpeg(output, what);
  return output;
}

/** Waits for a camera's program; its failure becomes one of the camera. */
export async function runCamera<End>(running: Promise<End>, howToInstall: string): Promise<End> {
  return await running.catch((error: unknown) => {
    throw error instanceof ProgramFailed ? troubleOfFailure(error, howToInstall) : error;
  });
}
