import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { UpdateManifest } from "#contract/updates.ts";
import { type ModelStore, openModelStore } from "../../../edge/update/model-store.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { NOW, spoil } from "./updates-support.ts";

async function aStore() {
  const folder = await tempFolder();
  const files = join(folder, "files");
  await mkdir(files);
  const open = () => openModelStore(join(folder, "models"), "/installed");
  const begin = async (store: ModelStore, counter: number) => {
    const bytes = Buffer.from(`network ${counter}`);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(files, sha256), bytes);
    const update: UpdateManifest = {
      ...{ v: 1, purpose: "dvornik-update-1", kind: "model", name: "waste-site", version: "1.0", counter },
      ...{ minSoftware: "0.1.0", issuedAt: NOW, expiresAt: NOW + 1 },
      files: [{ name: "model.int8.onnx", sha256, bytes: bytes.length }],
    };
    const folderOfModel = await store.stage(update, files);
    const measured = { file: "model.int8.onnx", sha256, wrong: [], p50Ms: 1, p99Ms: 1, memoryMb: 1 };
    const limits = { p99Ms: 9, memoryMb: 9 };
    const bounds = { samples: [], ...limits };
    await store.begin(update, { measured, bounds, why: "fast" }, { ...limits, doubtfulBefore: undefined });
    return folderOfModel;
  };
  const folders = async () => (await readdir(join(folder, "models"))).filter((name) => name !== "in-use.json");
  return { folder, open, begin, folders };
}

describe("the models on a device's disk", () => {
  it("are the installed one until another is begun", async () => {
    const { open } = await aStore();

    expect((await open()).place()).toEqual({ folder: "/installed" });
  });

  it("use the one on trial, also after a restart, and the one before when it is returned from", async () => {
    const { open, begin } = await aStore();
    const folder = await begin(await open(), 2);

    const store = await open();
    expect(store.place()).toEqual({ folder, file: "model.int8.onnx" });
    await store.end(false, "it was bad");

    expect((await open()).place()).toEqual({ folder: "/installed" });
  });

  it("keep the one in use and the one before it, and remove all others", async () => {
    const { open, begin, folders } = await aStore();
    const store = await open();
    await begin(store, 2);
    await store.end(true, "well");
    const second = await begin(store, 3);
    await store.end(true, "well");
    const third = await begin(store, 4);
    const id = store.trial()?.model.id ?? "";
    await store.end(true, "well");

    expect((await folders()).sort()).toEqual([second, third].map((path) => path.slice(-16)).sort());
    await store.leaveCurrent("it cannot be read");
    expect(store.place().folder).toBe(second);
    expect(store.ended(id)).toMatchObject({ isWell: false, reason: "it cannot be read" });
  });

  it("do not keep what was staged when the power went", async () => {
    const { folder, open, folders } = await aStore();
    await open();
    await mkdir(join(folder, "models", `${"a".repeat(16)}.new`));
    await mkdir(join(folder, "models", "b".repeat(16)));

    await open();

    expect(await folders()).toEqual([]);
  });

  it("are the installed one when what says which is used cannot be read", async () => {
    const { folder, open, begin } = await aStore();
    await begin(await open(), 2);
    await spoil(join(folder, "models/in-use.json"));

    expect((await open()).place()).toEqual({ folder: "/installed" });
  });
});
