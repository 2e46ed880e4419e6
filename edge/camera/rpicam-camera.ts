import { runProgram } from "#kit/run-program.ts";
import { type Camera, CameraUnavailable } from "./camera.ts";
import { listCameras, type ProgramCameraOptions, runCamera, SHOT_WITHIN_MS } from "./camera-program.ts";
import { checkJpeg, MAX_JPEG_BYTES } from "./check-jpeg.ts";
import { troubleOf } from "./program-trouble.ts";
import type { StillOptions } from "./still-options.ts";

const COMMAND = "rpicam-still";
const INSTALL = "sudo apt install rpicam-apps-lite (Raspberry Pi OS of 2023-10 or newer)";

/** A camera at a Raspberry Pi's connector, by `rpicam-still`; the photo comes over its standard output, never a disk. */
export function createRpicamCamera(index: number, parts: ProgramCameraOptions): Camera {
  const { options, environment, withinMs = SHOT_WITHIN_MS } = parts;
  const args = rpicamArguments(index, options);
  return {
    capture: async (signal) => {
      signal.throwIfAborted();
      const program = { command: COMMAND, args, environment, withinMs, maxOutputBytes: MAX_JPEG_BYTES };
      const { status, output, complaints } = await runCamera(runProgram(program, signal), INSTALL);
      if (status !== 0) throw troubleOf(COMMAND, status, complaints);
      if (output.length === 0) throw new CameraUnavailable("failed", `${COMMAND} ended well but wrote no photo`);
      await checkJpeg(output, `what ${COMMAND} wrote`);
      return output;
    },
    check: async (signal) => {
      const found = (await listCameras(COMMAND, INSTALL, parts, signal)).find((camera) => camera.index === index);
      if (found !== undefined) return `${COMMAND} camera ${index}: ${found.name}`;
      throw new CameraUnavailable("no-camera", `${COMMAND} knows no camera ${index}: check its cable, then start anew`);
    },
  };
}

/** The arguments of `rpicam-still`, each its own: values are numbers and words of closed sets. */
export function rpicamArguments(index: number, options: StillOptions): readonly string[] {
  const { warmup, shutter, autofocus, lens, flicker, hflip, vflip, ...named } = options;
  const flicker_us = { "50hz": "10000us", "60hz": "8333us" };
  return [
    ...["--camera", String(index), "--nopreview", "--encoding", "jpg", "--thumb", "none"],
    // In milliseconds, and 0 would run for ever; the options' schema begins at 1.
    ...["--timeout", String(warmup)],
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...(hflip === true ? ["--hflip"] : []),
    ...(vflip === true ? ["--vflip"] : []),
    ...(shutter === undefined ? [] : ["--shutter", String(shutter)]),
    ...(autofocus === undefined ? [] : ["--autofocus-mode", autofocus]),
    ...(lens === undefined ? [] : ["--lens-position", String(lens)]),
    ...(flicker === undefined ? [] : ["--flicker-period", flicker_us[flicker]]),
    ...["--output", "-"],
  ];
}
