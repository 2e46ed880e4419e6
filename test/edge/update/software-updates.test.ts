import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { type SignedUpdate, signUpdate } from "#contract/updates.ts";
import { type Clock, systemClock } from "#kit/clock.ts";
import type { Proof } from "../../../edge/update/software-proof.ts";
import type { StartedAs } from "../../../edge/update/software-store.ts";
import { openSoftwareUpdates, type SoftwareUpdatesOptions } from "../../../edge/update/software-updates.ts";
import { startUpdates } from "../../../edge/update/updates.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { quiet } from "../support/fakes.ts";
import { startArtefactServer } from "./artefact-server.ts";
import { type BundleFiles, publishSoftware, signSoftware } from "./software-support.ts";
import { operator, updatesIn } from "./updates-support.ts";

/** A device whose program has this version and counter. */
async function aDevice(running: SoftwareUpdatesOptions["running"] = { version: "0.1.0" }) {
  const server = await startArtefactServer();
  const folder = await tempFolder();
  const store = join(folder, "software");
  const start = async (startedAs: StartedAs, trialMs = 60_000, clock: Clock = systemClock) => {
    let restarts = 0;
    const software = await openSoftwareUpdates({
      folder: store,
      startedAs,
      running,
      environment: { SECRET: "known" },
      model: () => ({ folder: "/model" }),
      trialMs,
      clock,
      log: quiet,
      restart: () => {
        restarts += 1;
      },
    });
    const updates = startUpdates(
      await updatesIn(join(folder, "updates"), {
        fleetUrl: server.url,
        installers: [software],
        software: running.version,
      }),
    );
    const close = async () => {
      await updates.close();
      await software.close();
    };
    onTestFinished(close);
    return { software, updates, close, restarts: () => restarts };
  };
  const publish = (version: string, counter: number, change: BundleFiles = {}) =>
    publishSoftware(server, folder, { version, counter, change });
  return { server, folder, store, start, publish };
}
const proofOf = (lack: string | undefined, isConnected: boolean): Proof => ({
  lack,
  isConnected,
  mayBeLink: lack?.startsWith("no connection") ?? false,
});
const WELL = proofOf(undefined, true);
const NO_LINK = proofOf("no connection (no coverage)", false);
type Device = Awaited<ReturnType<Awaited<ReturnType<typeof aDevice>>["start"]>>;

async function reaches(device: Device, update: SignedUpdate, stage: string) {
  device.updates.want([update]);
  return await until(`it is ${stage}`, () => device.updates.reports().find((one) => one.stage === stage), 30_000);
}

describe("an update of the software", () => {
  it("is unpacked, asked to test itself, and on trial after the next start", async () => {
    const { store, start, publish } = await aDevice();
    const device = await start("base");
    const update = await publish("1.1.0", 2);

    await reaches(device, update, "trial");

    expect(device.restarts()).toBe(1);
    expect(await readlink(join(store, "trial"))).toBe("2-1.1.0");
    expect(await readFile(join(store, "2-1.1.0/bin/dvornik-edge"), "utf8")).toContain("1.1.0");
  });

  it("is not taken when it is older than what a new device came with, by version or by counter, and is not at fault", async () => {
    const { server, start, publish } = await aDevice({ version: "2.0.0", counter: 9 });
    const device = await start("base");

    const byVersion = await reaches(device, await publish("1.9.0", 10), "unfit");
    const byCounter = await reaches(device, await publish("2.0.0", 8), "unfit");

    expect(byVersion.reason).toBe("its version 1.9.0 is older than 2.0.0, which runs here");
    expect(byCounter.reason).toBe("its counter 8 is older than 9, which is here");
    expect(server.asked).toEqual([]);
  });

  it("is active without a byte where it is what the device came with", async () => {
    const { server, start, publish } = await aDevice({ version: "2.0.0", counter: 9 });
    const device = await start("base");

    const report = await reaches(device, await publish("2.0.0", 9), "active");

    expect(report.reason).toBe("it is what runs here");
    expect(server.asked).toEqual([]);
  });

  it("is active, and no older one is taken, where all notes are lost and its link is still there", async () => {
    const { folder, store, start, publish } = await aDevice();
    const base = await start("base");
    const update = await publish("1.1.0", 5);
    await reaches(base, update, "trial");
    await base.close();
    const onTrial = await start("trial", 5_000);
    onTrial.software.prove(() => WELL);
    await reaches(onTrial, update, "active");
    await onTrial.close();
    await rm(join(folder, "updates/book.json"));
    await writeFile(join(store, "software.json"), '{"v":1,"tri');

    const device = await start("current");
    const report = await reaches(device, update, "active");
    const older = await reaches(device, await publish("1.0.9", 4), "unfit");

    expect([report.reason, older.reason]).toEqual([
      "it is what runs here",
      "its counter 4 is older than 5, which is here",
    ]);
    expect(await readlink(join(store, "current"))).toBe("5-1.1.0");
    expect(await readdir(join(store, "5-1.1.0/bin"))).toContain("dvornik-edge");
  });

  it("takes away no program that a link names, whatever else is lost", async () => {
    const { store, start, publish } = await aDevice();
    const update = await publish("1.1.0", 5);
    await mkdir(join(store, "5-1.1.0/bin"), { recursive: true });
    await symlink("5-1.1.0", join(store, "previous"));
    const device = await start("current");

    await expect(device.software.test(update.manifest, "nowhere", new AbortController().signal)).rejects.toThrow(
      /lies here already, as previous/,
    );
    expect(await readdir(join(store, "5-1.1.0"))).toEqual(["bin"]);
  });

  it("is for other machines where it says so: nothing of it is fetched", async () => {
    const { server, start } = await aDevice();
    const device = await start("base");
    const arch = process.arch === "x64" ? "arm64" : "x64";
    const { manifest } = signSoftware(server, "1.1.0", 2, Buffer.from("a bundle"));
    const update = signUpdate({ ...manifest, arch }, operator.privateKeyPem);

    const report = await reaches(device, update, "unfit");

    expect(report.reason).toBe(`it is for ${arch}, this is ${process.arch}`);
    expect(server.asked).toEqual([]);
  });

  it("stays once it has been well for long enough, and is the one before when the next one is proven", async () => {
    const { store, start, publish } = await aDevice();
    const first = await publish("1.1.0", 2);
    const base = await start("base");
    await reaches(base, first, "trial");
    await base.close();

    const onTrial = await start("trial", 5_000);
    onTrial.software.prove(() => WELL);
    const proven = await reaches(onTrial, first, "active");
    const second = await publish("1.2.0", 3);
    onTrial.updates.want([second]);
    await reaches(onTrial, second, "trial");
    await onTrial.close();
    const next = await start("trial", 5_000);
    next.software.prove(() => WELL);
    await reaches(next, second, "active");

    expect(proven.reason).toBe("it is connected and sends");
    expect(await readlink(join(store, "current"))).toBe("3-1.2.0");
    expect(await readlink(join(store, "previous"))).toBe("2-1.1.0");
    const third = await publish("1.3.0", 4);
    await reaches(next, third, "trial");
    expect((await readdir(store)).filter((name) => /^\d/.test(name)).sort()).toEqual(["2-1.1.0", "3-1.2.0", "4-1.3.0"]);
  });

  it("is returned from, with the reason, when it does not prove itself in time", async () => {
    const { store, start, publish } = await aDevice();
    const update = await publish("1.1.0", 2);
    const base = await start("base");
    await reaches(base, update, "trial");
    await base.close();

    const onTrial = await start("trial", 1_000);
    onTrial.software.prove(() => proofOf("no model (it is cold)", false));
    await until("it gives up", () => onTrial.restarts() === 1);
    await onTrial.close();
    const again = await start("base");

    const returned = await reaches(again, update, "returned");
    expect(returned.reason).toBe("within 1 s it was not proven: no model (it is cold)");
    expect(await readFile(join(store, "trial"), "utf8").catch(() => "gone")).toBe("gone");
    expect((await readdir(store)).filter((name) => /^\d/.test(name))).toEqual([]);
  });

  it("is returned from when the launcher has started it in vain", async () => {
    const { store, start, publish } = await aDevice();
    const update = await publish("1.1.0", 2);
    const base = await start("base");
    await reaches(base, update, "trial");
    await base.close();
    await writeFile(join(store, "trial-failed"), "it was started five times and did not prove itself\n");

    const returned = await reaches(await start("base"), update, "returned");

    expect(returned.reason).toBe("it was started five times and did not prove itself");
  });

  it.each<[string, BundleFiles, RegExp]>([
    ["for another machine", { "package.json": JSON.stringify({ version: "1.1.0", arch: "mips" }) }, /it is for mips/],
    [
      "of another version",
      { "package.json": JSON.stringify({ version: "9.9.9", arch: process.arch }) },
      /9.9.9, signed as 1.1.0/,
    ],
    ["without a package.json", { "package.json": "" }, /holds no program/],
    [
      "whose self-test fails",
      { "edge/update/self-test-main.js": 'console.error("no outbox"); process.exit(1);' },
      /ended with 1: no outbox/,
    ],
    ["whose self-test says nothing", { "edge/update/self-test-main.js": "" }, /says nothing good/],
    [
      "that thinks it is another",
      { "edge/update/self-test-main.js": 'console.log(JSON.stringify({ software: "1.0.0", model: null }))' },
      /says nothing good/,
    ],
    ["whose Node does not start", { "bin/node": "#!/nowhere\n" }, /self-test failed/],
  ])("is refused for good when it is a program %s", async (_name, change, reason) => {
    const { start, publish } = await aDevice();
    const device = await start("base");

    const refused = await reaches(device, await publish("1.1.0", 2, change), "refused");

    expect(refused.reason).toMatch(reason);
    expect(device.restarts()).toBe(0);
  });

  it("is refused when its archive is none, and nothing of it stays", async () => {
    const { server, store, start } = await aDevice();
    const device = await start("base");
    const update = signSoftware(server, "1.1.0", 2, gzipSync(Buffer.alloc(2_000, 65)));

    expect((await reaches(device, update, "refused")).reason).toMatch(/no ustar archive/);

    await device.close();
    await start("base");
    expect((await readdir(store)).filter((name) => /^\d/.test(name))).toEqual([]);
  });

  it("gets the device's settings and the model in use for its self-test", async () => {
    const { start, publish } = await aDevice();
    const device = await start("base");
    const tell = "console.error(process.env.SECRET, process.argv.slice(3).join()); process.exit(1);";

    const refused = await reaches(
      device,
      await publish("1.1.0", 2, { "edge/update/self-test-main.js": tell }),
      "refused",
    );

    expect(refused.reason).toBe("its self-test ended with 1: known /model,");
  });

  it("waits on a device that the launcher did not start", async () => {
    const { start, publish } = await aDevice();
    const device = await start(undefined);
    device.updates.want([await publish("1.1.0", 2)]);

    const waiting = await until("it says why", () =>
      device.updates.reports().find(({ reason }) => reason !== undefined),
    );

    expect(waiting).toMatchObject({ stage: "waiting", reason: expect.stringMatching(/dvornik-launch/) });
  });

  it("is tested again when the power went before its link was there", async () => {
    const { store, start, publish } = await aDevice();
    const update = await publish("1.1.0", 2);
    const device = await start("base");
    await reaches(device, update, "trial");
    await device.close();
    await rm(join(store, "trial"));

    const again = await start("base");
    await reaches(again, update, "trial");

    expect(await readlink(join(store, "trial"))).toBe("2-1.1.0");
  });

  it("counts as proven when the power went right after it became the current one", async () => {
    const { store, start, publish } = await aDevice();
    const update = await publish("1.1.0", 2);
    const device = await start("base");
    await reaches(device, update, "trial");
    await device.close();
    await rename(join(store, "trial"), join(store, "current"));

    const again = await start("current");

    expect((await reaches(again, update, "active")).reason).toBe("it has proven itself");
    expect(await readlink(join(store, "current"))).toBe("2-1.1.0");
  });

  it("is on trial still when the power went while it became the current one", async () => {
    const { store, start, publish } = await aDevice();
    const update = await publish("1.1.0", 2);
    const device = await start("base");
    await reaches(device, update, "trial");
    await device.close();
    await symlink("1-1.0.0", join(store, "previous.new"));

    const again = await start("trial", 5_000);
    again.software.prove(() => WELL);

    await reaches(again, update, "active");
  });
});

/** A device that has tried an update of the software in vain, and runs the program before; `link` is what that one sees. */
async function aReturn({ tries = 1 }: { readonly tries?: number } = {}) {
  const device = await aDevice();
  const update = await device.publish("1.1.0", 2);
  const notTried = await device.start("base");
  await reaches(notTried, update, "trial");
  await notTried.close();
  const tryInVain = async () => {
    const onTrial = await device.start("trial", 1_000);
    onTrial.software.prove(() => NO_LINK);
    await until("it gives up", () => onTrial.restarts() === 1);
    await onTrial.close();
  };
  const runBefore = async () => {
    let link = NO_LINK;
    let aheadMs = 0;
    const clock = { nowMs: systemClock.nowMs, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
    const before = await device.start("base", 60_000, clock);
    before.software.prove(() => link);
    before.updates.want([update]);
    const report = () => before.updates.reports()[0];
    return {
      ...before,
      report,
      connects: () => {
        link = WELL;
      },
      passes: (ms: number) => {
        aheadMs += ms;
      },
      triesAgain: () =>
        until(
          "it is tried again",
          () => {
            aheadMs += 10_000;
            return before.restarts() === 1;
          },
          60_000,
        ),
      says: (text: RegExp) =>
        until(`it says ${text}`, () => (text.test(report()?.reason ?? "") ? report() : undefined), 20_000),
    };
  };
  for (let i = 1; i < tries; i += 1) {
    await tryInVain();
    const before = await runBefore();
    before.passes(125_000);
    await before.says(/there was no link before/);
    before.connects();
    await before.triesAgain();
    await before.close();
  }
  await tryInVain();
  return { ...device, update, tryInVain, runBefore };
}

describe("software that met no link while it was on trial", () => {
  it("is to blame when the program before connects soon, and has returned for good", async () => {
    const { runBefore } = await aReturn();
    const before = await runBefore();
    expect(await before.says(/whether the link was away shows/)).toMatchObject({ stage: "waiting" });

    before.connects();

    expect(await before.says(/the program before connected/)).toMatchObject({ stage: "returned" });
  });

  it("is tried again, without being fetched again, when there was no link for the program before either", async () => {
    const { server, store, runBefore } = await aReturn();
    const asked = server.asked.length;
    const before = await runBefore();

    before.passes(125_000);
    expect(await before.says(/there was no link before/)).toMatchObject({ stage: "waiting" });
    before.connects();
    await before.triesAgain();

    expect(await readlink(join(store, "trial"))).toBe("2-1.1.0");
    expect(server.asked).toHaveLength(asked);
  }, 90_000);

  it("is not blamed when the program before was switched off before it could connect", async () => {
    const { runBefore } = await aReturn();
    await (await runBefore()).close();

    const next = await runBefore();
    next.connects();

    expect(await next.says(/there was no link before/)).toMatchObject({ stage: "waiting" });
  });

  it("is tried three times in all, and is no failure then either", async () => {
    const { runBefore, update } = await aReturn({ tries: 3 });

    const before = await runBefore();
    before.passes(125_000);

    expect(await before.says(/3 trials met no link/)).toMatchObject({ stage: "waiting" });
    before.connects();
    expect(() => before.software.again(update.manifest)).toThrow(/3 trials met no link/);
  }, 120_000);

  it("gives way to a newer one", async () => {
    const { store, runBefore, publish } = await aReturn();
    const before = await runBefore();

    await reaches(before, await publish("1.2.0", 3), "trial");

    expect(await readlink(join(store, "trial"))).toBe("3-1.2.0");
  });
});

describe("software that ends again and again after it was proven", () => {
  async function aProven(versions: readonly string[]) {
    const device = await aDevice();
    const updates: SignedUpdate[] = [];
    for (const [i, version] of versions.entries()) {
      const update = await device.publish(version, i + 2);
      const before = await device.start(i === 0 ? "base" : "current");
      await reaches(before, update, "trial");
      await before.close();
      const onTrial = await device.start("trial", 5_000);
      onTrial.software.prove(() => WELL);
      await reaches(onTrial, update, "active");
      await onTrial.close();
      updates.push(update);
    }
    return { ...device, updates };
  }

  it("is replaced by the one before for good, which says so", async () => {
    const { store, start, updates } = await aProven(["1.1.0", "1.2.0"]);
    await writeFile(join(store, "current-failed"), "3-1.2.0\n");

    const before = await start("previous");

    before.updates.want(updates.slice(1));
    expect(before.updates.reports()[0]).toMatchObject({
      stage: "returned",
      reason: expect.stringMatching(/ten minutes/),
    });
    expect(await readlink(join(store, "current"))).toBe("2-1.1.0");
    await expect(readlink(join(store, "previous"))).rejects.toThrow(/ENOENT/);
  }, 60_000);

  it("is replaced by the installed one where there was none before", async () => {
    const { store, start, updates } = await aProven(["1.1.0"]);
    await writeFile(join(store, "current-failed"), "2-1.1.0\n");

    const base = await start("base");

    base.updates.want(updates);
    expect(base.updates.reports()[0]).toMatchObject({ stage: "returned" });
    await expect(readlink(join(store, "current"))).rejects.toThrow(/ENOENT/);
  }, 60_000);
});
