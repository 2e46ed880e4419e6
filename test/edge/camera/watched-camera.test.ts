import { describe, expect, it, onTestFinished } from "vitest";
import { type Camera, CameraUnavailable } from "../../../edge/camera/camera.ts";
import { type WatchOptions, watchCamera } from "../../../edge/camera/watched-camera.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";
import { until } from "../../support/until.ts";
import { createStagedCamera, quiet } from "../support/fakes.ts";

const never = new AbortController().signal;
const gone = () => new CameraUnavailable("no-camera", "check the cable");

function setUp(change: Partial<Camera> = {}, options: Partial<WatchOptions> = {}) {
  const counters = createCounters();
  const staged = createStagedCamera();
  const retry = { baseMs: 20, maxMs: 20 };
  const camera = watchCamera(
    { ...staged, ...change },
    { name: "rpicam", counters, log: quiet, random: () => 0.5, retry, ...options },
  );
  onTestFinished(() => camera.close());
  return { camera, counters, stage: staged.stage };
}

describe("watchCamera", () => {
  behavesLikeACamera(async () => setUp({}, { retry: { baseMs: 60_000, maxMs: 60_000 } }));

  it("counts a loss once, shows why, looks again by itself and forgets it when the camera is back", async () => {
    let isThere = false;
    let looks = 0;
    const check = async () => {
      looks += 1;
      if (!isThere) throw gone();
      return "there";
    };
    const { camera, counters } = setUp({ check });

    await expect(camera.check(never)).rejects.toThrow("check the cable");
    await until("it is looked for again", () => looks > 3);

    expect(camera.health()).toEqual({ camera: "rpicam", reason: "no-camera", trouble: "check the cable" });
    expect(counters.snapshot()).toEqual({ "camera-lost": 1 });
    isThere = true;
    await until("it is found", () => camera.health().trouble === null);
    expect(camera.health().reason).toBeNull();
  });

  it("notices a loss at a shot, and counts the next loss anew", async () => {
    let isThere = false;
    const capture = async () => {
      if (!isThere) throw gone();
      return await drawColour("red");
    };
    const { camera, counters } = setUp(
      { capture, check: async () => "there" },
      { retry: { baseMs: 60_000, maxMs: 60_000 } },
    );

    await camera.capture(never).catch(() => {});
    isThere = true;
    await camera.capture(never);
    expect(camera.health().trouble).toBeNull();
    isThere = false;
    await camera.capture(never).catch(() => {});

    expect(counters.snapshot()).toEqual({ "camera-lost": 2 });
    expect(camera.health().reason).toBe("no-camera");
  });

  it("does not call a folder that was taken to its end a loss", async () => {
    const { camera, counters } = setUp({}, { retry: { baseMs: 60_000, maxMs: 60_000 } });

    await camera.capture(never).catch(() => {});

    expect(camera.health()).toMatchObject({ reason: "no-photo" });
    expect(counters.snapshot()).toEqual({});
  });

  it("gives a look up for the sake of a shot, and takes that for no loss", async () => {
    const check = (signal: AbortSignal) =>
      new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(gone()), { once: true }));
    const { camera, counters, stage } = setUp({ check });
    await stage(await drawColour("red"));
    const look = camera.check(never).catch((error: unknown) => error);

    await expect(camera.capture(never)).resolves.toBeInstanceOf(Uint8Array);

    expect(await look).toMatchObject({ code: "camera-unavailable" });
    expect(camera.health().trouble).toBeNull();
    expect(counters.snapshot()).toEqual({});
  });

  it("does not look while a shot is taken", async () => {
    const shot = Promise.withResolvers<Uint8Array>();
    const { camera, counters } = setUp({ capture: () => shot.promise });
    const photo = camera.capture(never);

    await expect(camera.check(never)).rejects.toMatchObject({ reason: "busy" });

    shot.resolve(await drawColour("red"));
    await photo;
    expect(counters.snapshot()).toEqual({});
  });
});
