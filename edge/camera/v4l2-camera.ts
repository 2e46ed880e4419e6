import { readFile, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { codeOf } from "#kit/errors.ts";
import type { StillOptions } from "../../firmware-config/settings/still-options.ts";
import { type Camera, CameraUnavailable } from "./camera.ts";
import { type PhotoProgram, type ProgramCameraOptions, photoOf } from "./camera-program.ts";
import { troubleOf } from "./program-trouble.ts";
import { SYSFS_VIDEO } from "./video-devices.ts";

const COMMAND = "ffmpeg";
const INSTALL = "sudo apt install ffmpeg";

/** A USB camera, or any other video device of the kernel, by one frame of `ffmpeg`, which comes over its standard output. */
export function createV4l2Camera(device: string, parts: ProgramCameraOptions & { readonly sysfs?: string }): Camera {
  const { options, sysfs = SYSFS_VIDEO } = parts;
  const program: PhotoProgram = {
    command: COMMAND,
    args: ffmpegArguments(device, options),
    howToInstall: INSTALL,
    what: `what ${COMMAND} took from ${device}`,
    // A device that goes while it is read ends the input: ffmpeg calls that success.
    ifEmpty: (complaints) => troubleOf(COMMAND, 0, complaints),
  };
  return {
    capture: async (signal) => await photoOf(program, parts, signal),
    check: async () => `${device}: ${await nameOfDevice(device, sysfs)}`,
  };
}

/** One frame of a video device as a JPEG, the first `warmup` milliseconds passed over: exposure has settled by then. */
export function ffmpegArguments(device: string, { warmup, width, height }: StillOptions): readonly string[] {
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error", "-f", "v4l2"],
    ...(width === undefined || height === undefined ? [] : ["-video_size", `${width}x${height}`]),
    ...["-i", device],
    // As an option of the output it reads and drops frames, which a live picture needs.
    ...["-ss", (warmup / 1000).toFixed(3), "-frames:v", "1"],
    // Encoded anew: the JPEGs of many USB cameras lack their Huffman tables. 2 is the best quality of this encoder.
    ...["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p", "-f", "image2pipe", "pipe:1"],
  ];
}

async function nameOfDevice(device: string, sysfs: string): Promise<string> {
  // A link of /dev/v4l/by-id stays the same, whatever number the kernel gives.
  const node = device.startsWith("/dev/v4l/") ? await realpath(device).catch(() => undefined) : device;
  const name =
    node === undefined ? undefined : await readFile(join(sysfs, basename(node), "name"), "utf8").catch(codeOf);
  if (name === undefined || name === "ENOENT") {
    throw new CameraUnavailable(
      "no-camera",
      `${device} is not there: plug the camera in, or see GET /cameras for others`,
    );
  }
  return name.trim();
}
