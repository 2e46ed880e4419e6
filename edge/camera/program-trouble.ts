import type { ProgramFailed } from "#kit/run-program.ts";
import { type CameraReason, CameraUnavailable } from "./camera.ts";

interface Sign {
  readonly sign: RegExp;
  readonly reason: CameraReason;
  /** What it means and what to do. */
  readonly advice: string;
}

/**
 * What camera programs complain of, the most telling first: a program often writes several of these.
 *
 * Sources: rpicam-apps `core/rpicam_app.cpp`, `core/options.cpp`, `apps/rpicam_still.cpp`; libcamera's
 * `camera.cpp` and `pipeline_base.cpp`; FFmpeg's `libavdevice/v4l2.c`; the kernel's texts of errno.
 */
const SIGNS: readonly Sign[] = [
  {
    sign: /libcamera-still: (command )?not found/,
    reason: "not-installed",
    advice: "libcamera-still is not installed; today's Raspberry Pi OS has rpicam-still instead: CAMERA=rpicam",
  },
  {
    sign: /legacy camera stack/,
    reason: "firmware",
    advice: "the system is set to the legacy camera stack: remove start_x=1 from config.txt and start anew",
  },
  {
    sign: /only supports the Raspberry Pi platforms|error while loading shared libraries|symbol lookup error|camera manager failed to start/,
    reason: "firmware",
    advice: "the camera's software does not fit this system: sudo apt full-upgrade, then start anew",
  },
  {
    sign: /Pipeline handler in use by another process|failed to acquire camera|Device or resource busy/,
    reason: "busy",
    advice: "another program holds the camera: end it (ps aux | grep -e rpicam -e libcamera -e ffmpeg)",
  },
  {
    sign: /Camera frontend has timed out|Device timeout detected/,
    reason: "cable",
    advice: "the camera is known but sends no picture: check its cable at both ends, then try another cable",
  },
  {
    sign: /[Nn]o cameras available|selected camera is not available|failed to find camera|No such device|No such file or directory|Not a video capture device|Inappropriate ioctl/,
    reason: "no-camera",
    advice:
      "no such camera: check its cable and CAMERA; rpicam-still --list-cameras or GET /cameras says what is there",
  },
  {
    sign: /Permission denied|Operation not permitted/,
    reason: "denied",
    advice: "this user may not use the camera: sudo usermod -aG video,render USER, or DeviceAllow= in the unit",
  },
  {
    // Above the full disk: for a USB stream this errno means that the bus has no bandwidth left.
    sign: /VIDIOC_STREAMON\)?: No space left on device/,
    reason: "bandwidth",
    advice: "the USB bus has no room for this picture: make it smaller (CAMERA_OPTIONS=width=640,height=480)",
  },
  {
    sign: /No space left on device|Disk quota exceeded|failed to write file/,
    reason: "disk-full",
    advice: "the photo could not be written: the disk is full or failing",
  },
  {
    sign: /Cannot allocate memory|failed to allocate|Unable to request/,
    reason: "no-memory",
    advice:
      "no memory for a picture of this size: make it smaller (CAMERA_OPTIONS=width=2304,height=1296) or raise cma",
  },
  {
    sign: /unrecognised option|the argument \(.*\) for option|Invalid (metering|exposure|AWB|HDR|lens)|Option .* not found|Error setting option/,
    reason: "wrong-setting",
    advice: "the camera's program does not know a setting of CAMERA_OPTIONS",
  },
];

/** Why a program that ended by itself gave no photo. */
export function troubleOf(command: string, status: number, complaints: string): CameraUnavailable {
  const known = SIGNS.find(({ sign }) => sign.test(complaints));
  const ended = `${command} ended with ${status}`;
  const words = lastWords(complaints);
  const said = words === "" ? "without a word" : `and said: ${words}`;
  if (known === undefined) return new CameraUnavailable("failed", `${ended} ${said}`);
  return new CameraUnavailable(known.reason, `${known.advice} (${ended} ${said})`);
}

/** Why a program could not be started, or had to be ended. */
export function troubleOfFailure(failure: ProgramFailed, howToInstall: string): CameraUnavailable {
  const { trouble, message, complaints } = failure;
  const options = { cause: failure };
  switch (trouble) {
    case "not-found":
      return new CameraUnavailable("not-installed", `${message}: ${howToInstall}`, options);
    case "not-allowed":
      return new CameraUnavailable("denied", message, options);
    case "too-much":
      return new CameraUnavailable("too-large", `${message}: that is no photo; it was ended`, options);
    case "not-started":
      return new CameraUnavailable("failed", message, options);
    case "too-long":
    case "given-up": {
      // What it complained of before says more than that it hung: a loose cable, for instance.
      const known = SIGNS.find(({ sign }) => sign.test(complaints));
      const advice =
        known?.advice ?? "the camera hangs: it was ended, the next shot tries anew; if it stays, start anew";
      return new CameraUnavailable(known?.reason ?? "hung", `${advice} (${message})`, options);
    }
    default:
      return trouble satisfies never;
  }
}

const LAST_WORDS = 200;

/** The last line that complains, without control characters: it may come from anywhere. */
function lastWords(complaints: string): string {
  const lines = complaints
    .split("\n")
    .map((line) => line.replace(/[^\P{C}\t]/gu, "").trim())
    .filter((line) => line !== "");
  return (lines.findLast((line) => /error|fail|cannot|unable|invalid/i.test(line)) ?? lines.at(-1) ?? "").slice(
    -LAST_WORDS,
  );
}
