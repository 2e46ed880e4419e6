import type { StillOptions } from "../../firmware-config/settings/still-options.ts";
import { type Camera, CameraUnavailable } from "./camera.ts";
import { listCameras, type PhotoProgram, type ProgramCameraOptions, photoOf } from "./camera-program.ts";

const COMMAND = "rpicam-still";
const INSTALL = "sudo apt install rpicam-apps-lite (Raspberry Pi OS of 2023-10 or newer)";

/** A camera at a Raspberry Pi's connector, by `rpicam-still`; the photo comes over its standard output, never a disk. */
export function createRpicamCamera(index: number, parts: ProgramCameraOptions): Camera {
  const program: PhotoProgram = {
    command: COMMAND,
    args: rpicamArguments(index, parts.options),
    howToInstall: INSTALL,
    what: `what ${COMMAND} wrote`,
    ifEmpty: () => new CameraUnavailable("failed", `${COMMAND} ended well but wrote no photo`),
  };
  return {
    capture: async (signal) => await photoOf(program, parts, signal),
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
