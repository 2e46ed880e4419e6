import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { messageOf } from "#kit/errors.ts";
import { bundleProgram } from "../../firmware-config/bundle/bundle-program.ts";
import { startAedesBroker } from "../edge/support/aedes-broker.ts";
import { drawColour } from "../suites/camera.suite.ts";
import { freePort } from "../support/free-port.ts";
import { ROOT } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);
/** All that a bundle sees of the machine: no Node, no npm, nothing of this checkout. */
const BARE = { PATH: "/usr/bin:/bin" };

/** Prints what it says and ends when the test does. */
function start(command: string, cwd: string, settings: Readonly<Record<string, string>>): () => string {
  const child: ChildProcess = spawn(command, [], { cwd, env: { ...BARE, ...settings }, stdio: "pipe" });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await gone;
  });
  let said = "";
  const hear = (piece: Uint8Array) => {
    said += Buffer.from(piece).toString();
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  return () => said;
}

describe("the bundle of the edge", () => {
  it("runs from its folder alone: judges a visit and sends it", { timeout: 600_000 }, async ({ skip }) => {
    const folder = await tempFolder();
    const bundle = join(folder, "bundle");
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    const trouble = await bundleProgram(ROOT, "edge", arch, bundle).catch(messageOf);
    if (typeof trouble === "string" && trouble.includes("registry")) skip(`no npm registry and no cache: ${trouble}`);
    expect(trouble).toMatchObject({ files: expect.any(Number) });
    await mkdir(join(folder, "photos"));
    await writeFile(join(folder, "photos/1.jpg"), await drawColour("rgb(90,60,90)", 640, 480));
    const broker = await startAedesBroker(await freePort());
    const port = await freePort();

    const said = start(join(bundle, "bin/dvornik-edge"), folder, {
      ...{ TENANT: "demo", DEVICE: "device-1", TOKEN: "0123456789abcdef", BROKER_URL: broker.url },
      ...{ DATA_DIR: join(folder, "data"), HTTP_PORT: String(port), IIO_DIR: join(folder, "no-iio"), CLOCK: "ntp" },
      ...{ CAMERA_FOLDER: join(folder, "photos"), CAMERA_FOLDER_LOOP: "true", LOG_LEVEL: "warn" },
      MODEL_DIR: join(bundle, "models/waste-site"),
    });
    await until("it is ready", async () => said().includes("ready"), 60_000).catch((cause: unknown) => {
      throw new Error(said(), { cause });
    });
    const shoot = async (role: string) => {
      const body = JSON.stringify({ site: "s-1", role });
      const headers = { "content-type": "application/json" };
      return (await fetch(`http://127.0.0.1:${port}/shots`, { method: "POST", headers, body })).status;
    };

    expect([await shoot("before"), await shoot("after")]).toEqual([200, 200]);
    await until(
      "the visit is sent",
      async () => broker.received.some(({ topic }) => topic.endsWith("/d/visit")),
      60_000,
    );
    const files = await readdir(bundle, { recursive: true });
    expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
    expect(files.filter((file) => /onnxruntime.*(darwin|win32)/.test(file))).toEqual([]);
    const node = (...args: string[]) => run(join(bundle, "bin/node"), args, { cwd: bundle, env: BARE });
    expect((await node("--input-type=module", "-e", 'await import("serialport"); console.log("serial")')).stdout).toBe(
      "serial\n",
    );
    const shot = await node(join(bundle, "edge/camera/libcamera-still-main.js")).catch(messageOf);
    expect(shot).toMatch(/expected|arguments|options/i);
    expect(shot).not.toContain("ERR_MODULE_NOT_FOUND");
  });
});
