import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execPath } from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createLibcameraCamera } from "../../../edge/camera/libcamera-camera.ts";
import { LibcameraOptions, libcameraOptions } from "../../../edge/camera/libcamera-options.ts";
import { DEFAULT_OPTIONS, LIBCAMERA_KNOWS, StillOptions } from "../../../firmware-config/settings/still-options.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { until } from "../../support/until.ts";
import { fakePrograms, STILL_PROGRAM } from "./support/fake-programs.ts";

const never = new AbortController().signal;
const PROGRAM = resolve(import.meta.dirname, "../../../edge/camera/libcamera-still-main.ts");

async function setUp(
  script = STILL_PROGRAM,
  { options = DEFAULT_OPTIONS, withinMs = 20_000, scratch = "scratch" } = {},
) {
  const programs = await fakePrograms();
  await programs.add("libcamera-still", script);
  const scratchFolder = join(programs.folder, scratch);
  const open = () => createLibcameraCamera(scratchFolder, { options, environment: programs.environment, withinMs });
  return { ...programs, scratchFolder, open, camera: open() };
}

const everyOption =
  "warmup=800,width=2304,height=1296,quality=90,rotation=180,hflip=true,vflip=true,exposure=sport,metering=spot,ev=-0.5," +
  "shutter=20000,gain=2.5,awb=daylight,brightness=0.1,contrast=1.2,saturation=0.9,sharpness=2,denoise=cdn_fast";

/** What a shell would make something of; each leaves a file named `pwned` where it gets through. */
const SHELL_TRICKS = [
  "1;touch pwned",
  "1 && touch pwned",
  "1|touch pwned",
  "1&touch pwned&",
  "$(touch pwned)",
  "`touch pwned`",
  "1\ntouch pwned\n",
  "1>pwned",
  "'; touch pwned; '",
  '"; touch pwned; "',
  "--post-process-file=/tmp/x",
  "photo.jpg;touch pwned",
  "1$IFS;touch$IFS'pwned'",
];

describe("createLibcameraCamera", () => {
  behavesLikeACamera(setUp);

  it("makes libcamera-still get exactly the arguments of the options, each its own", async () => {
    const { camera, stage, lastArguments } = await setUp(STILL_PROGRAM, { options: StillOptions.parse(everyOption) });
    await stage(await drawColour("red"));

    await camera.capture(never);

    expect(await lastArguments()).toEqual(
      (
        "--nopreview --encoding jpg --output photo.jpg --timeout 800 --width 2304 --height 1296 --quality 90 " +
        "--rotation 180 --hflip --vflip --exposure sport --metering spot --ev -0.5 --shutter 20000 --gain 2.5 " +
        "--awb daylight --brightness 0.1 --contrast 1.2 --saturation 0.9 --sharpness 2 --denoise cdn_fast"
      ).split(" "),
    );
  });

  it("leaves no file behind, whether the photo came, was none, or never came", async () => {
    const { camera, stage, scratchFolder } = await setUp();
    await stage(await drawColour("red"));
    await stage(Buffer.from("no photo"));

    await camera.capture(never);
    await camera.capture(never).catch(() => {});
    await camera.capture(never).catch(() => {});

    expect(await readdir(scratchFolder)).toEqual([]);
  });

  it("sweeps what a crash left in its folder before the first shot", async () => {
    const { camera, stage, scratchFolder } = await setUp();
    await mkdir(join(scratchFolder, "shot-old"), { recursive: true });
    await writeFile(join(scratchFolder, "shot-old", "photo.jpg"), "left by a crash");
    await stage(await drawColour("red"));

    await camera.capture(never);

    expect(await readdir(scratchFolder)).toEqual([]);
  });

  it("ends a program that hangs, with the shell and the package around it", async () => {
    const hangs = `[ -e "$HERE/hung" ] || { echo $$ > "$HERE/hung"; exec sleep 600; }\n${STILL_PROGRAM}`;
    const { camera, stage, folder, scratchFolder } = await setUp(hangs, { withinMs: 8_000 });
    await stage(await drawColour("red"));

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "hung" });

    const pid = (await readFile(join(folder, "hung"), "utf8")).trim();
    await until("it is gone", async () =>
      /^State:\s+[ZX]/m.test(await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tX")),
    );
    expect(await readdir(scratchFolder)).toEqual([]);
  });

  it("ends a program that fills the disk with a photo without end", async () => {
    const { camera, scratchFolder } = await setUp("head -c 500000000 /dev/zero > photo.jpg; sleep 60");

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "too-large" });
    expect(await readdir(scratchFolder)).toEqual([]);
  });

  it.runIf(maySmallDisk)("says that the disk is full, leaves nothing, and goes on when there is room", async () => {
    const { stage, folder, environment, add } = await fakePrograms();
    await add("libcamera-still", STILL_PROGRAM);
    await mountSmallDisk(join(folder, "disk"), 1);
    const camera = createLibcameraCamera(join(folder, "disk", "scratch"), { options: DEFAULT_OPTIONS, environment });
    await stage(Buffer.alloc(4_000_000, 0xff));

    const shot = await camera.capture(never).catch((error: unknown) => error);

    expect(shot).toMatchObject({ code: "camera-unavailable", reason: "disk-full" });
    expect(await readdir(join(folder, "disk", "scratch"))).toEqual([]);
    await stage(await drawColour("red"));
    await expect(camera.capture(never)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("says what to set where there is no libcamera-still any more", async () => {
    const { environment, folder } = await fakePrograms();
    const camera = createLibcameraCamera(join(folder, "scratch"), { options: DEFAULT_OPTIONS, environment });

    const shot = camera.capture(never);

    await expect(shot).rejects.toMatchObject({ reason: "not-installed" });
    await expect(shot).rejects.toThrow("CAMERA=rpicam");
    await expect(camera.check(never)).rejects.toMatchObject({ reason: "not-installed" });
  });
});

describe("what reaches the package's shell", () => {
  it("is refused in every setting when a shell would make something of it", () => {
    const names = Object.keys(libcameraOptions(StillOptions.parse(everyOption)));
    const settings = [...LIBCAMERA_KNOWS, "hdr", "autofocus", "lens", "flicker"];
    expect(names.length).toBeGreaterThanOrEqual(LIBCAMERA_KNOWS.length);

    const taken = settings.flatMap((name) =>
      SHELL_TRICKS.filter((trick) => StillOptions.safeParse(`${name}=${trick}`).success),
    );
    const named = SHELL_TRICKS.filter((trick) => StillOptions.safeParse(`${trick}=1`).success);

    expect([...taken, ...named]).toEqual([]);
  });

  it("is refused in every option and as an option's name, right before the package", () => {
    const good = libcameraOptions(StillOptions.parse(everyOption));

    const taken = Object.keys(good).flatMap((name) =>
      SHELL_TRICKS.filter((trick) => LibcameraOptions.safeParse({ ...good, [name]: trick }).success),
    );
    const named = SHELL_TRICKS.filter((trick) => LibcameraOptions.safeParse({ ...good, [trick]: true }).success);

    expect(LibcameraOptions.safeParse(good).success).toBe(true);
    expect([...taken, ...named]).toEqual([]);
  });

  it("never holds a path: a folder's name that a shell would run is only a folder", async () => {
    const { camera, stage, lastArguments, folder } = await setUp(STILL_PROGRAM, {
      scratch: "my photos;touch pwned;$(touch pwned)`touch pwned`'\"|touch pwned&",
    });
    await stage(await drawColour("red"));

    await expect(camera.capture(never)).resolves.toBeInstanceOf(Uint8Array);

    expect(await lastArguments()).toEqual("--nopreview --encoding jpg --output photo.jpg --timeout 500".split(" "));
    expect((await readdir(folder, { recursive: true })).filter((name) => name.endsWith("/pwned"))).toEqual([]);
  });

  it("runs nothing for options that are not on the list, though the package itself would", async () => {
    const { environment, folder, leftovers } = await setUp();
    const trick = JSON.stringify({ ...libcameraOptions(DEFAULT_OPTIONS), awb: "auto;touch pwned" });
    const run = (...args: string[]) => promisify(execFile)(execPath, args, { cwd: folder, env: environment });

    await expect(run(PROGRAM, trick)).rejects.toThrow("awb");
    expect(await leftovers()).toEqual([]);

    const bare = `import(${JSON.stringify(import.meta.resolve("node-libcamera"))}).then((it) => it.libcamera.still(${trick}))`;
    await run("--eval", bare).catch(() => {});
    expect(await leftovers()).toContain("pwned");
  });
});
