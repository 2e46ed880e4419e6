import { createHash } from "node:crypto";
import { chmod, cp, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { updateId } from "#contract/updates.ts";
import { messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";
import { RolloutDetail } from "../../cloud/fleet/waves/rollouts.ts";
import { bundleProgram } from "../../firmware-config/bundle/bundle-program.ts";
import { packFolder } from "../../firmware-config/bundle/tar.ts";
import { drawSite } from "../../models/samples/drawn-site.ts";
import { signSoftware } from "../edge/update/software-support.ts";
import { operator } from "../edge/update/updates-support.ts";
import { adminOf } from "../support/admin-api.ts";
import { runCommand, startCertifiedCloud, startCertifiedGateway } from "../support/certified-fleet.ts";
import { freePort } from "../support/free-port.ts";
import { ROOT } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { makeAuthority } from "../support/test-authority.ts";
import { until } from "../support/until.ts";
import { supervise } from "./software-supervisor.ts";

const PATIENCE_MS = 120_000;
const Status = z.looseObject({
  software: z.string(),
  uplink: z.looseObject({
    connected: z.boolean(),
    stored: z.looseObject({ also: z.array(z.unknown()), lost: z.array(z.unknown()) }).nullable(),
  }),
  outbox: z.looseObject({ total: z.number() }),
  updates: z.array(z.looseObject({ counter: z.number(), stage: z.string(), reason: z.string().optional() })),
});
type Status = z.infer<typeof Status>;
const Package = z.looseObject({ version: z.string() });

/** What makes a bundle another one. */
interface Other {
  readonly version: string;
  /** Runs instead of the program's own code, which it may import as `./main-real.js`. */
  readonly main?: string;
}

/** A copy of a bundle with another version. */
async function makeOther(bundle: string, folder: string, { version, main }: Other): Promise<void> {
  await cp(bundle, folder, { recursive: true });
  const path = join(folder, "package.json");
  const own = Package.parse(JSON.parse(await readFile(path, "utf8")));
  await writeFile(path, JSON.stringify({ ...own, version }));
  if (main === undefined) return;
  await rename(join(folder, "edge/main.js"), join(folder, "edge/main-real.js"));
  await writeFile(join(folder, "edge/main.js"), main);
  // Broken is the program, not Node and the packages: 200 MB that need not be packed and fetched each time. Packages are
  // found further up (`shareWithBroken`).
  await rm(join(folder, "node_modules"), { recursive: true });
  await rm(join(folder, "bin/node"));
  await writeFile(join(folder, "bin/node"), `#!/bin/sh\nexec "${bundle}/bin/node" "$@"\n`);
  await chmod(join(folder, "bin/node"), 0o755);
}

/** Lets what lies anywhere below `folder` find the packages of a bundle. */
const shareWithBroken = (folder: string, bundle: string) =>
  symlink(join(bundle, "node_modules"), join(folder, "node_modules"));

/** The real city, and the real program of a device from its bundle, started by its launcher under a supervisor. */
async function aDevice(folder: string, base: string) {
  const servers = await makeAuthority();
  const brokerPort = await freePort();
  const brokerUrl = `mqtts://127.0.0.1:${brokerPort}`;
  const cityKeys = { UPDATE_KEYS: operator.publicKey, ROLLOUT_EVERY_S: "0.5" };
  const { cloud, admin } = await startCertifiedCloud(folder, servers, brokerUrl, cityKeys);
  await startCertifiedGateway(folder, servers, cloud, brokerPort);
  const { CLAIM = "" } = parseEnv(await runCommand("claim", ["chel", "truck-1", ...admin]));
  const port = await freePort();
  const photos = join(folder, "photos");
  await mkdir(photos);
  await writeFile(join(photos, "1.jpg"), await drawSite({ seed: 11, state: "overflow", widthPx: 640, heightPx: 480 }));
  const data = join(folder, "data");
  const logFile = join(folder, "edge.log");
  const supervisor = supervise(join(base, "bin/dvornik-launch"), {
    cwd: folder,
    logFile,
    env: {
      ...{ PATH: "/usr/bin:/bin", SUPERVISED: "true", LAUNCH_GRACE_S: "10", UPDATE_TRIAL_S: "20" },
      ...{ TENANT: "chel", DEVICE: "truck-1", CLAIM, BROKER_URL: brokerUrl, BROKER_CA: servers.caFile },
      ...{ DATA_DIR: data, HTTP_PORT: String(port), IIO_DIR: join(folder, "no-iio"), CLOCK: "ntp" },
      ...{ CAMERA: `folder:${photos}`, MODEL_DIR: join(base, "models/waste-site"), HEALTH_EVERY_S: "1" },
      ...{ FLEET_URL: cloud.url, UPDATE_KEYS: operator.publicKey, UPDATE_SPREAD_S: "0" },
      ...{ UPDATE_BYTES_PER_S: "1000000000", LOG_LEVEL: "warn" },
    },
  });
  onTestFinished(() => supervisor.close());
  const explain = async (cause: unknown) => {
    throw new Error((await readFile(logFile, "utf8")).slice(-3_000), { cause });
  };
  const status = async () => Status.parse(await (await fetch(`http://127.0.0.1:${port}/status`)).json());
  const says = (what: string, isSo: (status: Status) => boolean) =>
    until(what, async () => ((said) => isSo(said) && said)(await status()), PATIENCE_MS).catch(explain);
  const { read, post } = adminOf(cloud);
  /** Uploads and rolls out an update to all devices; gives what the city knows of it, once it stands so. */
  const rollOut = async (version: string, counter: number, archive: Uint8Array) => {
    const puts: Promise<number>[] = [];
    const put = (name: string, bytes: Uint8Array) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const headers = { authorization: `Bearer ${cloud.adminToken}`, "content-type": "application/octet-stream" };
      const request = { method: "PUT", headers, body: new Uint8Array(bytes) };
      puts.push(fetch(`${cloud.url}/api/v1/fleet/artefacts/${sha256}`, request).then((answer) => answer.status));
      return { name, sha256, bytes: bytes.length };
    };
    const update = signSoftware({ put }, version, counter, archive);
    expect(await Promise.all(puts)).toEqual([200]);
    const plan = { waves: [100], soakHours: 0 };
    expect((await post("/api/v1/fleet/updates", { update, plan })).status).toBe(200);
    const path = `/api/v1/fleet/updates/${updateId(update.manifest)}`;
    return (...standings: readonly (keyof RolloutDetail["counts"])[]) =>
      until(
        `update ${counter} is ${standings}`,
        async () => {
          const detail = await read(path, RolloutDetail);
          return standings.some((standing) => detail.counts[standing] === 1) ? detail : undefined;
        },
        PATIENCE_MS,
      ).catch(explain);
  };
  return { supervisor, says, rollOut, store: join(data, "software") };
}

describe("the real program under its launcher", () => {
  it("is replaced by a signed one over power cuts, and comes back from three that do not work", async ({ skip }) => {
    const folder = await tempFolder();
    const base = join(folder, "base");
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    const trouble = await bundleProgram(ROOT, "edge", arch, base).catch(messageOf);
    if (typeof trouble === "string" && trouble.includes("registry")) skip(`no npm registry and no cache: ${trouble}`);
    expect(trouble).toMatchObject({ files: expect.any(Number) });
    await shareWithBroken(folder, base);
    const { supervisor, says, rollOut, store } = await aDevice(folder, base);
    const archiveOf = async (other: Other) => {
      const built = join(folder, `built-${other.version}`);
      const archive = `${built}.tar.gz`;
      await makeOther(base, built, other);
      await packFolder(built, archive);
      const bytes = await readFile(archive);
      for (const path of [built, archive]) await rm(path, { recursive: true });
      return bytes;
    };
    const installed = await says("the installed one runs", ({ uplink }) => uplink.connected);
    const good = await archiveOf({ version: "0.2.1" });

    // Power is cut a random while after each step of the way.
    const stands = await rollOut("0.2.1", 2, good);
    for (const stage of ["downloading", "testing", "trial"]) {
      await says(`it is ${stage}, or past it`, ({ updates }) => [stage, "trial"].includes(updates[0]?.stage ?? ""));
      await wait(Math.random() * 1_500);
      supervisor.cutPower();
      await says("something whole runs", ({ software }) => ["0.2.0", "0.2.1"].includes(software));
    }
    await stands("well", "unproven");
    supervisor.cutPower();
    await says("the proven one runs", ({ software, uplink }) => software === "0.2.1" && uplink.connected);

    const noBroker = 'process.env.BROKER_URL = "mqtts://127.0.0.1:1"; await import("./main-real.js");';
    const broken: readonly (readonly [string, RegExp])[] = [
      ['process.stderr.write("it crashes\\n"); process.exit(1);', /started five times/],
      ["setInterval(() => {}, 1_000);", /not confirmed in time/],
      [noBroker, /no connection.*the program before connected/],
    ];
    for (const [i, [main, reason]] of broken.entries()) {
      const version = `0.2.${3 + i}`;
      const standsNow = await rollOut(version, 3 + i, await archiveOf({ version, main }));
      const { reasons } = await standsNow("returned", "well", "unproven", "refused");
      expect(reasons).toMatchObject([{ standing: "returned", reason: expect.stringMatching(reason) }]);
      await says("the proven one runs", ({ software, uplink }) => software === "0.2.1" && uplink.connected);
    }

    expect(installed.software).toBe("0.2.0");
    expect(await readlink(join(store, "current"))).toBe("2-0.2.1");
    await expect(readlink(join(store, "trial"))).rejects.toThrow(/ENOENT/);
    const end = await says("all is at the city", ({ outbox, uplink }) => outbox.total < 5 && uplink.stored !== null);
    expect(end.uplink.stored).toMatchObject({ also: [], lost: [] });
  }, 600_000);
});
