import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createV4l2Camera } from "../../../edge/camera/v4l2-camera.ts";
import { DEFAULT_OPTIONS, StillOptions } from "../../../firmware-config/settings/still-options.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";
import { addVideoDevice, FFMPEG, fakePrograms } from "./support/fake-programs.ts";

const never = new AbortController().signal;

async function setUp(script = FFMPEG, options = DEFAULT_OPTIONS) {
  const programs = await fakePrograms();
  await programs.add("ffmpeg", script);
  const sysfs = join(programs.folder, "sysfs");
  const { environment } = programs;
  const camera = createV4l2Camera("/dev/video0", { options, environment, sysfs, withinMs: 20_000 });
  const stage = async (jpeg: Uint8Array) => {
    await rm(join(sysfs, "video0"), { recursive: true, force: true });
    await addVideoDevice(sysfs, 0, "HD Webcam: HD Webcam", "uvcvideo");
    await programs.stage(jpeg);
  };
  return { ...programs, camera, stage };
}

describe("createV4l2Camera", () => {
  behavesLikeACamera(setUp);

  it("asks ffmpeg for one frame after the warm-up, in the size that was set", async () => {
    const options = StillOptions.parse("warmup=1500,width=1280,height=720");
    const { camera, stage, lastArguments } = await setUp(FFMPEG, options);
    await stage(await drawColour("red"));

    await camera.capture(never);

    expect((await lastArguments()).join(" ")).toBe(
      "-hide_banner -nostdin -loglevel error -f v4l2 -video_size 1280x720 -i /dev/video0 -ss 1.500 -frames:v 1 " +
        "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p -f image2pipe pipe:1",
    );
  });

  it("says which device it is, by the kernel's name", async () => {
    const { camera, stage } = await setUp();
    await stage(await drawColour("red"));

    expect(await camera.check(never)).toBe("/dev/video0: HD Webcam: HD Webcam");
  });

  it.each([
    [
      "busy",
      "another program",
      "[video4linux2,v4l2 @ 0x1] ioctl(VIDIOC_STREAMON): Device or resource busy\n/dev/video0: Device or resource busy",
    ],
    [
      "denied",
      "usermod -aG video",
      "[video4linux2,v4l2 @ 0x1] Cannot open video device /dev/video0: Permission denied\n/dev/video0: Permission denied",
    ],
    [
      "bandwidth",
      "make it smaller",
      "[video4linux2,v4l2 @ 0x1] ioctl(VIDIOC_STREAMON): No space left on device\n/dev/video0: No space left on device",
    ],
    [
      "no-camera",
      "no such camera",
      "[video4linux2,v4l2 @ 0x1] Not a video capture device.\n/dev/video0: No such device",
    ],
  ])("says in plain words: %s, %s", async (reason, words, complaint) => {
    const { camera } = await setUp(`cat >&2 <<'END'\n${complaint}\nEND\nexit 1`);

    const shot = camera.capture(never);

    await expect(shot).rejects.toMatchObject({ code: "camera-unavailable", reason });
    await expect(shot).rejects.toThrow(words);
  });

  it("does not take the silence of a device that was unplugged for a photo", async () => {
    const { camera } = await setUp("echo '[video4linux2,v4l2 @ 0x1] ioctl(VIDIOC_DQBUF): No such device' >&2");

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "no-camera" });
  });

  it("says how to install what is missing", async () => {
    const { environment } = await fakePrograms();
    const camera = createV4l2Camera("/dev/video0", {
      options: DEFAULT_OPTIONS,
      environment: { ...environment, PATH: "/nowhere" },
    });

    await expect(camera.capture(never)).rejects.toThrow("sudo apt install ffmpeg");
  });
});
