import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAutoCamera, discoverCameras } from "../../../edge/camera/discover.ts";
import { createRpicamCamera } from "../../../edge/camera/rpicam-camera.ts";
import { createV4l2Camera } from "../../../edge/camera/v4l2-camera.ts";
import { DEFAULT_OPTIONS } from "../../../firmware-config/settings/still-options.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";
import { addVideoDevice, FFMPEG, fakePrograms, STILL_PROGRAM } from "./support/fake-programs.ts";

const never = new AbortController().signal;

async function setUp() {
  const programs = await fakePrograms();
  const { environment, folder } = programs;
  const sysfs = join(folder, "sysfs");
  const discover = (signal = never) => discoverCameras({ environment, sysfs }, signal);
  const parts = { options: DEFAULT_OPTIONS, environment, sysfs };
  const camera = createAutoCamera({
    discover,
    open: async (address) => {
      if (address.kind === "rpicam") return createRpicamCamera(address.index, parts);
      if (address.kind === "v4l2") return createV4l2Camera(address.device, parts);
      throw new Error(`${address.kind} is not in this test`);
    },
  });
  return { ...programs, sysfs, discover, camera };
}

describe("discoverCameras", () => {
  it("finds the camera at the connector and the one at USB, that at the connector first", async () => {
    const { add, stage, sysfs, discover } = await setUp();
    await add("rpicam-still", STILL_PROGRAM);
    await stage(await drawColour("red"));
    await addVideoDevice(sysfs, 0, "unicam-image", "unicam");
    await addVideoDevice(sysfs, 2, "HD Webcam: HD Webcam", "uvcvideo");
    await addVideoDevice(sysfs, 3, "HD Webcam: HD Webcam", "uvcvideo", 1);
    await addVideoDevice(sysfs, 10, "bcm2835-codec-decode", "bcm2835-codec");

    const { found, troubles } = await discover();

    expect(found.map(({ setting, name }) => [setting, name])).toEqual([
      ["rpicam", "imx708_wide 4608x2592"],
      ["v4l2:/dev/video2", "HD Webcam: HD Webcam"],
    ]);
    expect(troubles).toEqual([]);
  });

  it("asks libcamera-still where the system is too old for rpicam-still", async () => {
    const { add, stage, discover } = await setUp();
    await add("libcamera-still", STILL_PROGRAM);
    await stage(await drawColour("red"));

    expect((await discover()).found.map(({ setting }) => setting)).toEqual(["libcamera"]);
  });

  it("says why it found nothing", async () => {
    const { add, sysfs, discover } = await setUp();

    expect((await discover()).troubles.join("\n")).toMatch(/rpicam-still is not installed: sudo apt install/);
    await add("rpicam-still", STILL_PROGRAM);
    await addVideoDevice(sysfs, 10, "bcm2835-codec-decode", "bcm2835-codec");
    expect(await discover()).toEqual({
      found: [],
      troubles: [expect.stringContaining("no camera at the connector"), "no USB camera among 1 video devices"],
    });
  });

  it("does not wait for a program that hangs", async () => {
    const { add, folder, environment } = await setUp();
    await add("rpicam-still", "exec sleep 600");

    const { troubles } = await discoverCameras({ environment, sysfs: folder, withinMs: 300 }, never);

    expect(troubles[0]).toContain("the camera hangs");
  });
});

describe("createAutoCamera", () => {
  behavesLikeACamera(async () => {
    const all = await setUp();
    await all.add("rpicam-still", STILL_PROGRAM);
    return all;
  });

  it("takes what is there when the one it had is gone", async () => {
    const { add, stage, sysfs, camera } = await setUp();
    await addVideoDevice(sysfs, 0, "HD Webcam", "uvcvideo");
    await add("ffmpeg", FFMPEG);
    await stage(await drawColour("red"));
    expect(await camera.check(never)).toBe("/dev/video0: HD Webcam");
    await camera.capture(never);

    await rm(join(sysfs, "video0"), { recursive: true });
    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "no-camera" });
    await addVideoDevice(sysfs, 1, "another one", "uvcvideo");

    expect(await camera.check(never)).toBe("/dev/video1: another one");
  });

  it("says what it looked for when it finds nothing", async () => {
    const { camera } = await setUp();

    await expect(camera.check(never)).rejects.toThrow(/^no camera was found: rpicam-still is not installed/);
  });
});
