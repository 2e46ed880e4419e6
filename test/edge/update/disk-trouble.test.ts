import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type SignedUpdate, signUpdate, type UpdateManifest, updateId } from "#contract/updates.ts";
import { systemClock } from "#kit/clock.ts";
import type { Installer } from "../../../edge/update/installer.ts";
import { openModelUpdates } from "../../../edge/update/model-updates.ts";
import { openSoftwareUpdates } from "../../../edge/update/software-updates.ts";
import { openUpdateBook } from "../../../edge/update/update-book.ts";
import { UpdateRefused } from "../../../edge/update/update-refused.ts";
import { startUpdates } from "../../../edge/update/updates.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";
import { quiet } from "../support/fakes.ts";
import { startArtefactServer } from "./artefact-server.ts";
import { MODEL, NOW, operator, updatesIn } from "./updates-support.ts";

/** Keeps a file from being written, as a disk does that takes nothing: `allow` ends it. */
async function refuseToWrite(path: string): Promise<{ allow(): Promise<void> }> {
  await mkdir(`${path}.tmp/full`, { recursive: true });
  return { allow: () => rm(`${path}.tmp`, { recursive: true }) };
}

/** A device whose only installer is told how its test ends. */
async function aDevice(test: (update: UpdateManifest) => Promise<void>) {
  const server = await startArtefactServer();
  const folder = join(await tempFolder(), "updates");
  const file = server.put("bundle.tar.gz", Buffer.from("a bundle"));
  const sign = (counter: number): SignedUpdate =>
    signUpdate(
      {
        ...{ v: 1, purpose: "dvornik-update-1", kind: "software", name: "edge", version: `1.0.${counter}`, counter },
        ...{ minSoftware: "0.1.0", issuedAt: NOW, expiresAt: Date.UTC(2099, 0, 1), files: [file] },
      },
      operator.privateKeyPem,
    );
  const begun: number[] = [];
  const installer: Installer = {
    ...{ kind: "software", name: "edge", floor: 0, settle: async () => {}, busy: () => undefined },
    ...{ standing: () => undefined, again: () => undefined, roomFor: () => 0, onChange: () => {} },
    test: async (update) => {
      await test(update);
      return { why: "", begin: async () => void begun.push(update.counter) };
    },
  };
  const start = async () => {
    const updates = startUpdates(await updatesIn(folder, { fleetUrl: server.url, installers: [installer] }));
    onTestFinished(updates.close);
    const reportOf = ({ manifest }: SignedUpdate) =>
      updates.reports().find(({ id }) => id === updateId(manifest)) ?? { stage: "none", reason: "" };
    return { ...updates, reportOf };
  };
  return { folder, sign, begun, start };
}

describe("updates on a disk in trouble", () => {
  it("are not taken where the book is damaged, which says so and stays as it is", async () => {
    const { folder, sign, begun, start } = await aDevice(async () => {});
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "book.json"), '{"v":1,"highe');
    const device = await start();
    const update = sign(1);

    device.want([update]);

    const report = await until("it waits", () => [device.reportOf(update)].find(({ reason }) => reason));
    expect(report).toMatchObject({ stage: "waiting", reason: expect.stringMatching(/book\.json cannot be read/) });
    expect(device.trouble()).toBe(report.reason);
    expect(begun).toEqual([]);
    expect(await readFile(join(folder, "book.json"), "utf8")).toBe('{"v":1,"highe');
  });

  it("are refused for a failed test though that cannot be kept, and the next one is taken", async () => {
    const { folder, sign, begun, start } = await aDevice(async ({ counter }) => {
      if (counter > 1) return;
      await refuseToWrite(join(folder, "book.json"));
      throw new UpdateRefused("it failed its test here");
    });
    const device = await start();
    const [first, second] = [sign(1), sign(2)];
    device.want([first]);
    await until("the first is refused", () => device.reportOf(first).stage === "refused");

    device.want([first, second]);
    await until(
      "the second cannot be taken now",
      () => /cannot be written/.test(device.reportOf(second).reason ?? ""),
      20_000,
    );
    await rm(join(folder, "book.json.tmp"), { recursive: true });

    await until("the second is begun", () => begun.includes(2), 60_000);
    expect(device.reportOf(first)).toMatchObject({ stage: "refused", reason: "it failed its test here" });
    const book = await openUpdateBook(folder);
    expect(book.failureOf(updateId(first.manifest))).toBe("it failed its test here");
  }, 90_000);
});

const trialOf = (starts: number) => ({
  model: { id: "a".repeat(64), folder: "a".repeat(16), file: "model.int8.onnx", sha256: "b".repeat(64) },
  counts: { starts, photos: 0, doubtful: 0, errors: 0, slow: 0, upMs: 0 },
  ...{ p99Ms: 100, memoryMb: 100, why: "" },
});

describe("the edge program", () => {
  it("runs with a damaged book of updates, and says so", async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, "data/updates"), { recursive: true });
    await writeFile(join(folder, "data/updates/book.json"), '{"v":1,"highe');

    const { url } = await startTestEdge({ folder, brokerUrl: "mqtt://127.0.0.1:1" });

    const said = async (path: string) => await (await fetch(`${url}${path}`)).text();
    expect(await said("/status")).toContain("book.json cannot be read");
    expect(await said("/findings")).toContain("updates-unreadable");
  }, 60_000);
});

describe("a device that starts on a disk that takes nothing", () => {
  const openModels = (folder: string) =>
    openModelUpdates({
      ...{ folder, installed: MODEL, trialPhotos: 5, residentBytes: () => 0, clock: systemClock, log: quiet },
    });

  it("goes on with a model on trial, and leaves one that was started too often", async () => {
    const folder = join(await tempFolder(), "models");
    const path = join(folder, "in-use.json");
    await mkdir(folder);
    const inUse = { v: 1, current: null, previous: null, ended: [] };
    await writeFile(path, JSON.stringify({ ...inUse, trial: trialOf(0) }));
    const disk = await refuseToWrite(path);

    const first = await openModels(folder);
    expect(first.place().folder).toBe(join(folder, "a".repeat(16)));
    await first.close();
    await writeFile(path, JSON.stringify({ ...inUse, trial: trialOf(3) }));
    const second = await openModels(folder);

    expect(second.place().folder).toBe(MODEL);
    await expect(second.settle()).rejects.toThrow(/cannot be written/);
    await disk.allow();
    await second.settle();
    await second.close();
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ trial: null, ended: [{ isWell: false }] });
  });

  it("goes on after a trial of software, and takes none before it could keep how that ended", async () => {
    const folder = join(await tempFolder(), "software");
    const path = join(folder, "software.json");
    await mkdir(folder);
    await writeFile(path, JSON.stringify({ v: 1, trial: { id: "a", folder: "2-1.1.0" }, ended: [] }));
    const disk = await refuseToWrite(path);

    const software = await openSoftwareUpdates({
      ...{
        folder,
        startedAs: "base",
        running: { version: "0.1.0" },
        environment: {},
        model: () => ({ folder: MODEL }),
        trialMs: 1_000,
      },
      ...{ clock: systemClock, log: quiet, restart: () => {} },
    });
    onTestFinished(software.close);

    await expect(software.settle()).rejects.toThrow(/cannot be written/);
    await disk.allow();
    await software.settle();
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ trial: null });
  });
});
