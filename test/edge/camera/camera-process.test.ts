import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { freePort } from "../../support/free-port.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";
import { type FakePrograms, fakePrograms, STILL_PROGRAM } from "./support/fake-programs.ts";

/** `rpicam-still` that fails in the way that the file `mode` names. */
const BAD_STILL = `
mode=$(cat "$HERE/mode")
[ "$1" = --list-cameras ] && [ "$mode" = gone ] && { echo 'No cameras available!'; exit 0; }
if [ "$1" != --list-cameras ]; then
  case $mode in
    gone) echo 'ERROR: *** no cameras available ***' >&2; exit 255;;
    busy) echo 'ERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/imx708@1a ***' >&2; exit 255;;
    silent) exit 0;;
    endless) exec head -c 500000000 /dev/zero;;
    truncated) scene=$(next); exec head -c 2000 "$scene";;
    hanging) echo $$ > "$HERE/hung"; exec sleep 600;;
  esac
fi
${STILL_PROGRAM}`;

async function startTruck(programs: FakePrograms, settings: Readonly<Record<string, string>>) {
  const brokerUrl = `mqtt://127.0.0.1:${await freePort()}`;
  const { PATH = "" } = programs.environment;
  const edge = await startTestEdge({ folder: programs.folder, brokerUrl, settings: { PATH, ...settings } });
  const get = async (path: string) =>
    z.record(z.string(), z.unknown()).parse(await (await fetch(edge.url + path)).json());
  const camera = async () => z.record(z.string(), z.unknown()).parse((await get("/status")).camera);
  // Written beside it and moved: a program must never read half a word.
  const setMode = async (mode: string) => {
    await writeFile(join(programs.folder, "mode.new"), mode);
    await rename(join(programs.folder, "mode.new"), join(programs.folder, "mode"));
  };
  return { edge, get, camera, setMode };
}

describe("a truck with a bad camera", () => {
  it("reports each loss with its reason, never ends, and goes on by itself once the camera is well", async () => {
    const programs = await fakePrograms();
    await programs.add("rpicam-still", BAD_STILL);
    await writeFile(join(programs.folder, "mode"), "gone");
    const { edge, get, camera, setMode } = await startTruck(programs, { CAMERA: "auto", CAMERA_OPTIONS: "warmup=300" });

    await until("the loss is noticed", async () => (await camera()).reason === "no-camera");
    const listed = await until("nobody else uses the camera", async () => {
      const answer = await get("/cameras");
      return answer.message !== "the camera is just being used" && answer;
    });
    expect(listed).toMatchObject({ found: [] });
    expect((await edge.shoot("s-1", "before")).body).toMatchObject({ code: "camera-unavailable" });
    expect((await edge.status()).errors["camera-lost"]).toBe(1);

    await programs.stage(await drawSite({ seed: 1, state: "clean" }));
    await setMode("well");
    await until("the camera is found again", async () => (await camera()).trouble === null, 60_000);
    expect((await get("/cameras")).found).toEqual([{ setting: "rpicam", name: "imx708_wide 4608x2592" }]);

    const answers = [];
    for (const mode of ["busy", "silent", "endless", "truncated", "hanging"]) {
      await setMode(mode);
      const { status, body } = await edge.shoot("s-1", "before");
      answers.push([mode, status, body.code, (await camera()).reason]);
    }
    expect(answers).toEqual([
      ["busy", 503, "camera-unavailable", "busy"],
      ["silent", 503, "camera-unavailable", "failed"],
      ["endless", 503, "camera-unavailable", "too-large"],
      ["truncated", 422, "photo-unreadable", "too-large"],
      ["hanging", 503, "camera-unavailable", "hung"],
    ]);
    const hung = (await readFile(join(programs.folder, "hung"), "utf8")).trim();
    expect(await readdir("/proc")).not.toContain(hung);

    await setMode("well");
    expect((await edge.shoot("s-1", "before")).status).toBe(200);
    expect((await programs.lastArguments()).join(" ")).toContain("--timeout 300");
    expect(await camera()).toMatchObject({ camera: "auto", reason: null, trouble: null });
    expect((await readdir(edge.dataDir)).filter((name) => /camera|tmp/.test(name))).toEqual([]);
  }, 120_000);

  it("takes a visit with node-libcamera where the system has nothing newer", async () => {
    const programs = await fakePrograms();
    await programs.add("libcamera-still", STILL_PROGRAM);
    await programs.stage(await drawSite({ seed: 1, state: "overflow" }));
    await programs.stage(await drawSite({ seed: 1, state: "clean" }));
    const { edge } = await startTruck(programs, { CAMERA: "libcamera" });

    const before = await edge.shoot("s-1", "before");
    const after = await edge.shoot("s-1", "after");

    expect([before.status, after.status]).toEqual([200, 200]);
    expect(after.body.visit).toBeDefined();
    expect(await readdir(join(edge.dataDir, "camera-scratch"))).toEqual([]);
  }, 120_000);
});
