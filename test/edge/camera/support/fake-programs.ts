import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempFolder } from "../../../support/temp-folder.ts";

/** Programs that stand in for those of a camera, in a folder of their own that comes first on the PATH. */
export interface FakePrograms {
  readonly environment: Readonly<Record<string, string>>;
  /** Where they may leave marks. */
  readonly folder: string;
  /** Puts a shell script on the PATH; `$HERE` is the folder. */
  add(name: string, script: string): Promise<void>;
  /** Adds a photo to those that a script takes by `$(next)`; they are taken in the order of their staging. */
  stage(jpeg: Uint8Array): Promise<void>;
  /** The arguments of a program's last run, as it got them; a script calls `remember "$@"`. */
  lastArguments(): Promise<readonly string[]>;
  /** What lies in the folder and was not put there by us. */
  leftovers(): Promise<readonly string[]>;
}

// Files of the queue are taken one by one; arguments are ended by zeros, so that no character can hide a border.
const PRELUDE = `
next() { for scene in "$HERE"/scenes/*; do [ -e "$scene" ] && { echo "$scene"; return; }; done; return 1; }
remember() { printf '%s\\0' "$@" > "$HERE/arguments"; }
give() { scene=$(next) || return 1; cat "$scene" 2>/dev/null; status=$?; rm "$scene"; return $status; }
`;

/** Makes a folder for fake programs; it is removed when the test has finished. */
export async function fakePrograms(): Promise<FakePrograms> {
  const folder = await tempFolder();
  const bin = join(folder, "bin");
  await mkdir(bin);
  await mkdir(join(folder, "scenes"));
  let staged = 0;
  return {
    folder,
    environment: { PATH: `${bin}:/usr/bin:/bin`, LC_ALL: "C" },
    add: async (name, script) => {
      await writeFile(join(bin, name), `#!/bin/sh\nHERE='${folder}'\n${PRELUDE}\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    },
    stage: async (jpeg) => {
      staged += 1;
      await writeFile(join(folder, "scenes", `${String(staged).padStart(3, "0")}.jpg`), jpeg);
    },
    lastArguments: async () => (await readFile(join(folder, "arguments"), "utf8")).split("\0").slice(0, -1),
    leftovers: async () => (await readdir(folder)).filter((name) => !["arguments", "bin", "scenes"].includes(name)),
  };
}

/** What `rpicam-still --list-cameras` prints on a Pi 5 with a Camera Module 3 (wide). */
export const LISTED_CAMERA = `Available cameras
-----------------
0 : imx708_wide [4608x2592 10-bit RGGB] (/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
                             2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]
                             4608x2592 [14.35 fps - (0, 0)/4608x2592 crop]

`;

/** What libcamera says on standard error while it takes a photo well. */
const CHATTER = `[0:10:05.123456789] [1234]  INFO Camera camera_manager.cpp:327 libcamera v0.4.0+53-29156679
[0:10:05.234567890] [1238]  INFO RPI pisp.cpp:720 libpisp version v1.1.0 e7974a156008 27-01-2025 (21:50:51)
[0:10:05.345678901] [1234]  INFO Camera camera.cpp:1202 configuring streams: (0) 4608x2592-YUV420 (1) 4608x2592-BGGR_PISP_COMP1
Still capture image received`;

const LIST = `
if [ "$1" = --list-cameras ]; then
  if next >/dev/null; then cat <<'LIST'
${LISTED_CAMERA}
LIST
  else echo 'No cameras available!'; fi
  exit 0
fi`;

const TAKE = `
remember "$@"
next >/dev/null || { echo 'ERROR: *** no cameras available ***' >&2; exit 255; }
cat >&2 <<'CHATTER'
${CHATTER}
CHATTER
out=-
while [ $# -gt 0 ]; do
  [ "$1" = --output ] && out=$2
  shift
done
if [ "$out" = - ]; then give; else give > "$out"; fi || { echo 'ERROR: *** failed to write file - output probably corrupt ***' >&2; exit 255; }`;

/** `rpicam-still` or `libcamera-still` with one camera, which is there as long as a scene is before it. */
export const STILL_PROGRAM = `${LIST}\n${TAKE}`;

/** `ffmpeg` with a video device that is there as long as a scene is before it; what it says is of FFmpeg 5.1.9. */
export const FFMPEG = `
remember "$@"
next >/dev/null || {
  echo '[video4linux2,v4l2 @ 0x5640fe1669c0] Cannot open video device /dev/video0: No such file or directory' >&2
  echo '/dev/video0: No such file or directory' >&2
  exit 1
}
give`;

/** A video device as sysfs shows it below `sysfs`. */
export async function addVideoDevice(sysfs: string, number: number, name: string, driver: string, index = 0) {
  const folder = join(sysfs, `video${number}`);
  await mkdir(join(folder, "device"), { recursive: true });
  await writeFile(join(folder, "name"), `${name}\n`);
  await writeFile(join(folder, "index"), `${index}\n`);
  await symlink(`../../../bus/drivers/${driver}`, join(folder, "device", "driver"));
}
