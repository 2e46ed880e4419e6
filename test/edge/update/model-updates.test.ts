import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type SignedUpdate, signUpdate } from "#contract/updates.ts";
import { systemClock } from "#kit/clock.ts";
import { openModelUpdates } from "../../../edge/update/model-updates.ts";
import { startUpdates, type UpdatesOptions } from "../../../edge/update/updates.ts";
import { openJudge } from "../../../edge/visits/judge.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { quiet } from "../support/fakes.ts";
import { startArtefactServer } from "./artefact-server.ts";
import { MODEL, operator, publishModel, remark, SHIPPED, spoil, updatesIn } from "./updates-support.ts";

const site = await drawSite({ seed: 11, state: "overflow", widthPx: 320, heightPx: 240 });

/** A device with a camera, as far as updates see it; `start` again is a restart with the same disk. */
async function aDevice(change: Partial<UpdatesOptions> & { readonly residentBytes?: () => number } = {}) {
  const server = await startArtefactServer();
  const folder = await tempFolder();
  const start = async () => {
    const models = await openModelUpdates({
      folder: join(folder, "models"),
      installed: MODEL,
      trialPhotos: 5,
      clock: systemClock,
      log: quiet,
      residentBytes: change.residentBytes ?? (() => 0),
    });
    const judge = await openJudge(models.place(), systemClock, models.saw);
    await models.attach(judge);
    const updates = startUpdates(
      await updatesIn(join(folder, "updates"), { fleetUrl: server.url, installers: [models], ...change }),
    );
    const close = async () => {
      await updates.close();
      await models.close();
      await judge.close();
    };
    onTestFinished(close);
    return { models, judge, updates, close };
  };
  return { server, folder, start };
}
type Device = Awaited<ReturnType<Awaited<ReturnType<typeof aDevice>>["start"]>>;

async function reaches(device: Device, update: SignedUpdate, stage: string) {
  device.updates.want([update]);
  return await until(
    `the update is ${stage}`,
    () => device.updates.reports().find((one) => one.stage === stage),
    60_000,
  );
}

describe("an update of the model", () => {
  it("is fetched, tried on its samples, switched to, and stays once it has judged enough photos well", async () => {
    const { server, folder, start } = await aDevice();
    const device = await start();
    const before = device.judge.model;
    const { update, sha256 } = await publishModel(server, 2);

    const trial = await reaches(device, update, "trial");
    const onTrial = device.judge.model;
    for (let i = 0; i < 5; i += 1) await device.judge.judge(site);

    const proven = await reaches(device, update, "active");
    expect([before === sha256, onTrial]).toEqual([false, sha256]);
    expect(trial.reason).toMatch(/^model.int8.onnx takes [\d.]+ ms/);
    expect(proven.reason).toBe("5 photos were judged well");
    expect(await readdir(join(folder, "updates/files"))).toEqual([]);
    await device.close();
    expect((await start()).judge.model).toBe(sha256);
  });

  it("takes of several networks the one that is fastest here among those that see the samples right", async () => {
    const { server, start } = await aDevice();
    const device = await start();
    // The first one cannot even be loaded here; the variant is the shipped network.
    const good = remark("good")(await readFile(join(MODEL, "model.int8.onnx")));
    const put = server.put("model.fp32.onnx", good);
    const { update } = await publishModel(server, 2, {
      network: () => Buffer.from("no network at all"),
      manifest: { variants: [{ file: put.name, sha256: put.sha256, bytes: put.bytes }] },
    });
    const files = [...update.manifest.files, put];

    const trial = await reaches(device, signUpdate({ ...update.manifest, files }, operator.privateKeyPem), "trial");

    expect(trial.reason).toMatch(
      /^model.fp32.onnx takes [\d.]+ ms; model.int8.onnx ended with 1: .*protobuf parsing failed/,
    );
    expect(device.judge.model).toBe(put.sha256);
  });

  it.each([
    [
      "sees its samples wrong",
      { manifest: { thresholds: { clean: 1, overflow: 1, scattered: 1, not_a_site: 1, usable: 0 } } },
      /sees unsure in sample/,
    ],
    ["cannot be loaded", { network: () => Buffer.from("no network at all") }, /protobuf parsing failed/],
    [
      "is too slow here",
      {
        manifest: {
          selfTest: { samples: [{ file: "sample-night.jpg", state: "unusable" }], p99Ms: 0.001, memoryMb: 900 },
        },
      },
      /ms for a photo, more than 0.001/,
    ],
    [
      "needs too much memory here",
      {
        manifest: {
          selfTest: { samples: [{ file: "sample-night.jpg", state: "unusable" }], p99Ms: 9_000, memoryMb: 1 },
        },
      },
      /MB, more than 1/,
    ],
    ["has no samples", { manifest: { selfTest: undefined } }, /no samples/],
    ["names a network that was not signed with it", { manifest: { sha256: "0".repeat(64) } }, /is not among its files/],
    ["has a manifest of another sort", { manifest: { purpose: "aerial" } }, /is not a manifest/],
  ])("is refused for good when it %s, and the device judges on with what it had", async (_name, other, reason) => {
    const { server, start } = await aDevice();
    const device = await start();
    const before = device.judge.model;
    const { update } = await publishModel(server, 2, other);

    const refused = await reaches(device, update, "refused");

    expect(refused.reason).toMatch(reason);
    expect(device.judge.model).toBe(before);
    await device.close();
    const asked = server.asked.length;
    expect((await reaches(await start(), update, "refused")).reason).toBe(refused.reason);
    expect(server.asked.length).toBe(asked);
  });

  it("is returned from when it finds its photos doubtful", async () => {
    const { server, start } = await aDevice();
    const device = await start();
    const before = device.judge.model;
    for (let i = 0; i < 20; i += 1) device.models.saw({ state: "clean", tookMs: 1, model: before ?? "" });
    const { update, sha256 } = await publishModel(server, 2);
    await reaches(device, update, "trial");

    for (let i = 0; i < 10; i += 1) device.models.saw({ state: "unsure", tookMs: 1, model: sha256 });

    expect((await reaches(device, update, "returned")).reason).toBe("10 of 10 photos were doubtful");
    await until("the model before judges again", () => device.judge.model === before);
  });

  it("is returned from before it is loaded when the program ends again and again", async () => {
    const { server, start } = await aDevice();
    const device = await start();
    const before = device.judge.model;
    const { update, sha256 } = await publishModel(server, 2);
    await reaches(device, update, "trial");
    await device.close();
    for (let i = 0; i < 3; i += 1) {
      const again = await start();
      expect(again.judge.model).toBe(sha256);
      await again.close();
    }

    const returned = await start();

    expect(returned.judge.model).toBe(before);
    expect((await reaches(returned, update, "returned")).reason).toMatch(/ended 3 times soon after its start/);
  });

  it("is returned from when its file is spoiled on the disk", { timeout: 90_000 }, async () => {
    const { server, folder, start } = await aDevice();
    const device = await start();
    const before = device.judge.model;
    const { update } = await publishModel(server, 2);
    await reaches(device, update, "trial");
    for (let i = 0; i < 5; i += 1) await device.judge.judge(site);
    await reaches(device, update, "active");
    await device.close();
    const [kept] = (await readdir(join(folder, "models"))).filter((name) => /^[0-9a-f]{16}$/.test(name));
    await spoil(join(folder, "models", kept ?? "", "model.int8.onnx"));

    expect((await start()).judge.model).toBe(before);
  });

  it("takes no older one afterwards, nor another one under its counter", { timeout: 90_000 }, async () => {
    const { server, start } = await aDevice();
    const device = await start();
    const { update } = await publishModel(server, 5);
    await reaches(device, update, "trial");
    const older = await publishModel(server, 4);
    const other = await publishModel(server, 5, { network: remark("another") });

    expect((await reaches(device, older.update, "refused")).reason).toContain(`older than ${SHIPPED.counter + 4},`);
    expect((await reaches(device, other.update, "refused")).reason).toMatch(/that of another update/);
    const installed = await publishModel(server, 1);
    expect((await reaches(device, installed.update, "refused")).reason).toContain(`older than ${SHIPPED.counter + 4},`);
  });

  it("is not older than what the device was installed with", async () => {
    const { server, start } = await aDevice();
    const { update } = await publishModel(server, 1);

    expect((await reaches(await start(), update, "refused")).reason).toMatch(/that of another update/);
  });

  it("waits, and says why, while the disk is needed for the outbox", async () => {
    const { server, start } = await aDevice({ freeBytes: async () => 70_000_000 });
    const device = await start();
    const { update } = await publishModel(server, 2);
    device.updates.want([update]);

    const why = /^the disk has \d MB to spare, and \d+ MB are needed$/;
    await until("it says why", () => why.test(device.updates.reports()[0]?.reason ?? ""));

    expect(device.updates.reports()[0]?.stage).toBe("waiting");
    expect(server.asked).toEqual([]);
  });

  it("waits while the battery is low, and for the link, and goes on by itself", async () => {
    let reason: string | undefined = "the battery is low";
    const { server, start } = await aDevice({ holdBack: () => reason });
    const device = await start();
    const { update } = await publishModel(server, 2);
    device.updates.want([update]);
    await until("it says why", () => device.updates.reports()[0]?.reason === "the battery is low");

    reason = undefined;

    await reaches(device, update, "trial");
  });

  it("is still told of when the cloud took it back meanwhile, also after a restart", async () => {
    const { server, start } = await aDevice();
    const device = await start();
    const { update } = await publishModel(server, 2);
    await reaches(device, update, "trial");

    device.updates.want([]);
    const onTrial = device.updates.reports();
    for (let i = 0; i < 5; i += 1) await device.judge.judge(site);
    const proven = await until("it is proven", () => device.updates.reports().find(({ stage }) => stage === "active"));
    await device.close();
    const after = (await start()).updates.reports();

    expect(onTrial).toEqual([expect.objectContaining({ version: update.manifest.version, stage: "trial" })]);
    expect(after).toEqual([proven]);
  });

  it("is given up when the cloud wants it no more", async () => {
    const { server, folder, start } = await aDevice({ bytesPerS: 500_000 });
    const device = await start();
    const { update } = await publishModel(server, 2);
    await reaches(device, update, "downloading");

    device.updates.want([]);

    await until("nothing of it is left", async () => (await readdir(join(folder, "updates/files"))).length === 0);
    expect(device.updates.reports()).toEqual([]);
  });
});
