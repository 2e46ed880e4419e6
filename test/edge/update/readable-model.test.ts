import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { loadConfig } from "#kit/load-config.ts";
import { readManifest } from "../../../edge/classify/onnx-classifier.ts";
import { openUpdates } from "../../../edge/update/open-updates.ts";
import { readableModel } from "../../../edge/update/readable-model.ts";
import { EdgeConfig } from "../../../firmware-config/settings/edge-settings.ts";
import { ROOT } from "../../support/program.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { quiet } from "../support/fakes.ts";
import { MODEL } from "./updates-support.ts";

/** What stood in the manifest of the model that 0.1.0 was installed with: four classes, no purpose. */
const FIRST = {
  ...{ name: "waste-site", version: "2026.11.22", counter: 1, file: "model.int8.onnx", bytes: 3_807_808 },
  sha256: "25c7a00b6f57611ef73cfb219953d4edea21474e9672c7ffda6f77a5415344e8",
  minSoftware: "0.1.0",
  input: { name: "input", width: 224, height: 224, layout: "NCHW", colour: "RGB", mean: 127, std: 128 },
  output: { name: "logits", kind: "logits" },
  labels: ["clean", "overflow", "scattered", "not_a_site"],
};

const SETTINGS = {
  ...{ TENANT: "city", DEVICE: "truck-1", BROKER_URL: "mqtt://localhost:1", TOKEN: "0123456789abcdef" },
  CAMERA: "folder:/photos",
};

async function installedLongAgo(): Promise<string> {
  const folder = join(await tempFolder(), "waste-site");
  await mkdir(folder);
  await writeFile(join(folder, "manifest.json"), JSON.stringify(FIRST));
  return folder;
}

describe("software that came over the air to a device with a model of an older interface", () => {
  it("passes its self-test with the model that it brought", async () => {
    const program = join(ROOT, "edge/update/self-test-main.ts");
    const environment = { PATH: process.env.PATH, ...SETTINGS };

    const ended = spawnSync(
      process.execPath,
      [program, await tempFolder(), await installedLongAgo(), "model.fp32.onnx"],
      {
        env: environment,
        encoding: "utf8",
      },
    );

    expect(ended.stderr).toBe("");
    expect(JSON.parse(ended.stdout)).toMatchObject({
      model: (await readManifest(join(MODEL, "manifest.json"))).sha256,
    });
  });

  it("works with the model that it brought", async () => {
    const config = loadConfig(EdgeConfig, {
      ...SETTINGS,
      ...{ DATA_DIR: await tempFolder(), MODEL_DIR: await installedLongAgo() },
    });
    const updates = await openUpdates(config, {}, { ...parts, log: quiet });

    expect(updates.models.place()).toEqual({ folder: MODEL });
    await updates.close();
  });

  it("takes the installed model where it can read it, and says so where there is none", async () => {
    const none = await tempFolder();

    expect(await Promise.all([readableModel(MODEL), readableModel(none)])).toEqual([MODEL, none]);
  });
});

const parts = {
  time: { stamp: () => ({ v: 1 as const, at: null, clock: "none" as const, boot: "b", up: 1 }) },
  clock: systemClock,
  random: () => 0,
  power: {
    duty: () => ({
      stretch: 1,
      letParticlesSleep: false,
      burstMs: 0,
      isCameraAllowed: true,
      judgeGapMs: 0,
      reason: "",
    }),
  },
};
