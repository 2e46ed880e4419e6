import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRpicamCamera } from "../../../edge/camera/rpicam-camera.ts";
import { DEFAULT_OPTIONS, StillOptions } from "../../../firmware-config/settings/still-options.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";
import { until } from "../../support/until.ts";
import { fakePrograms, STILL_PROGRAM } from "./support/fake-programs.ts";

const never = new AbortController().signal;

async function setUp(script = STILL_PROGRAM, options = DEFAULT_OPTIONS, withinMs = 20_000) {
  const programs = await fakePrograms();
  await programs.add("rpicam-still", script);
  const camera = createRpicamCamera(0, { options, environment: programs.environment, withinMs });
  return { ...programs, camera };
}

/** Whether a process still runs; one that has ended and only waits to be reaped does not. */
async function isRunning(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tX");
  return !/^State:\s+[ZX]/m.test(status);
}

const complaining = (text: string, status = 255) => `cat >&2 <<'END'\n${text}\nEND\nexit ${status}`;

describe("createRpicamCamera", () => {
  behavesLikeACamera(setUp);

  it("hands rpicam-still exactly the arguments it knows, each its own", async () => {
    const options = StillOptions.parse(
      "width=2304,height=1296,warmup=800,quality=90,rotation=180,hflip=true,exposure=sport,metering=spot,ev=-0.5," +
        "shutter=20000,gain=2,awb=daylight,denoise=cdn_fast,hdr=off,autofocus=manual,lens=0,flicker=50hz",
    );
    const { camera, stage, lastArguments } = await setUp(STILL_PROGRAM, options);
    await stage(await drawColour("red"));

    await camera.capture(never);

    expect((await lastArguments()).join(" ")).toBe(
      "--camera 0 --nopreview --encoding jpg --thumb none --timeout 800 --width 2304 --height 1296 --quality 90 " +
        "--rotation 180 --exposure sport --metering spot --ev -0.5 --gain 2 --awb daylight --denoise cdn_fast " +
        "--hdr off --hflip --shutter 20000 --autofocus-mode manual --lens-position 0 --flicker-period 10000us --output -",
    );
  });

  it("says which camera it found, by sensor and size", async () => {
    const { camera, stage } = await setUp();
    await stage(await drawColour("red"));

    expect(await camera.check(never)).toBe("rpicam-still camera 0: imx708_wide 4608x2592");
  });

  it("says how to install what is missing", async () => {
    const { environment } = await fakePrograms();
    const camera = createRpicamCamera(0, {
      options: DEFAULT_OPTIONS,
      environment: { ...environment, PATH: "/nowhere" },
    });

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "not-installed" });
    await expect(camera.check(never)).rejects.toThrow("sudo apt install rpicam-apps");
  });

  it.each([
    [
      "busy",
      "another program holds the camera",
      "[0:19:06.419783286] [2746]  INFO Camera camera.cpp:839 Pipeline handler in use by another process\nERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/ov5647@36 ***",
    ],
    [
      "busy",
      "another program holds the camera",
      "[0:00:52.243006594] [982] ERROR V4L2 v4l2_videodevice.cpp:1047 /dev/video0[13:cap]: Unable to set format: Device or resource busy\nERROR: *** failed to configure streams ***",
    ],
    ["firmware", "legacy camera stack", "ERROR: the system appears to be configured for the legacy camera stack"],
    [
      "firmware",
      "does not fit this system",
      "ERROR: rpicam-apps currently only supports the Raspberry Pi platforms.\nContributions for other platforms are welcome at https://github.com/raspberrypi/rpicam-apps.",
    ],
    [
      "firmware",
      "apt full-upgrade",
      "rpicam-still: error while loading shared libraries: libcamera.so.0.3: cannot open shared object file: No such file or directory",
    ],
    ["no-camera", "no such camera", "ERROR: *** selected camera is not available ***"],
    [
      "no-memory",
      "make it smaller",
      "[0:01:02.0] [99] ERROR V4L2 v4l2_videodevice.cpp:1260 /dev/video14[17:cap]: Unable to request 1 buffers: Cannot allocate memory\nERROR: *** failed to start camera ***",
    ],
    ["wrong-setting", "CAMERA_OPTIONS", "ERROR: *** unrecognised option '--hdr' ***"],
    [
      "failed",
      "ended with 255 and said: ERROR: *** failed to start camera ***",
      "ERROR: *** failed to start camera ***",
    ],
  ])("says in plain words: %s, %s", async (reason, words, complaint) => {
    const { camera } = await setUp(complaining(complaint));

    const shot = camera.capture(never);

    await expect(shot).rejects.toMatchObject({ code: "camera-unavailable", reason });
    await expect(shot).rejects.toThrow(words);
  });

  it("ends a program that hangs, with all that it started, and the next shot goes on", async () => {
    const hangs = `[ -e "$HERE/hung" ] || { sleep 600 & echo $! $$ > "$HERE/hung"; wait; }\n${STILL_PROGRAM}`;
    const { camera, stage, folder } = await setUp(hangs, DEFAULT_OPTIONS, 4_000);
    await stage(await drawColour("red"));

    await expect(camera.capture(never)).rejects.toMatchObject({ code: "camera-unavailable", reason: "hung" });

    const pids = (await readFile(join(folder, "hung"), "utf8")).trim().split(" ");
    expect(pids).toHaveLength(2);
    // Our own child leaves no zombie; the one that it started is its new parent's to bury.
    await until("the child is buried", async () => !(await readdir("/proc")).includes(pids[1] ?? ""));
    await until("nobody of the group runs", async () => !(await Promise.all(pids.map(isRunning))).includes(true));
    await expect(camera.capture(never)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("says that it is the cable when the sensor sends nothing and the program tries for ever", async () => {
    const timedOut = `echo '[5:00:54.98] [2324] ERROR RPI pipeline_base.cpp:1424 Camera frontend has timed out!' >&2
while :; do echo 'ERROR: Device timeout detected, attempting a restart!!!' >&2; sleep 0.1; done`;
    const { camera } = await setUp(timedOut, DEFAULT_OPTIONS, 3_000);

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "cable" });
  });

  it("ends a program at once when nobody waits for its photo any more", async () => {
    const { camera, folder } = await setUp('echo $$ > "$HERE/running"; sleep 600');
    const giving = new AbortController();
    const shot = camera.capture(giving.signal).catch((error: unknown) => error);
    const pid = await until("it runs", () => readFile(join(folder, "running"), "utf8").catch(() => undefined));

    giving.abort();

    expect(await shot).toMatchObject({ code: "camera-unavailable" });
    await until("it is gone", async () => !(await isRunning(pid.trim())));
  });

  it("ends a program that writes without end, and keeps none of it", async () => {
    const { camera, leftovers } = await setUp("exec head -c 500000000 /dev/zero");

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "too-large" });
    expect(await leftovers()).toEqual([]);
  });

  it("does not take nothing for a photo", async () => {
    const { camera } = await setUp("exit 0");

    await expect(camera.capture(never)).rejects.toThrow("wrote no photo");
  });

  it("shows the program nothing of our own environment", async () => {
    const { camera, folder } = await setUp('env > "$HERE/seen"; exit 1');
    process.env.CAMERA_TEST_SECRET = "do not tell";

    await camera.capture(never).catch(() => {});

    delete process.env.CAMERA_TEST_SECRET;
    expect(await readFile(join(folder, "seen"), "utf8")).not.toContain("do not tell");
  });

  it("keeps the end of a long complaint, without control characters", async () => {
    const { camera, folder } = await setUp('cat "$HERE/words" >&2; exit 1');
    await writeFile(join(folder, "words"), `${"x".repeat(100_000)}\n\u001b[31mERROR: the last word\u0007\n`);

    await expect(camera.capture(never)).rejects.toThrow(/ended with 1 and said: \[31mERROR: the last word$/);
  });
});
