import { watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { wait } from "#kit/wait.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge, type TestEdge } from "../../support/test-edge.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectCity } from "./support/city.ts";

const DEVICE = { tenant: "demo", device: "post-1" };
const ROUNDS = process.env.DVORNIK_LONG === "1" ? 40 : 10;
const PATIENCE_MS = 60_000;

/** Moments of a transition at which the device is killed. */
const MOMENTS = [
  "while the decision is being written",
  "right after the decision is on disk",
  "when it has ended itself for a restart",
  "while it counts its start",
  "when the new broker hears of it",
] as const;

/** Starts the device whenever it does not run, as systemd would, and notes the settings that it ever ran with. */
function supervise(edge: TestEdge): { readonly seen: Set<string> } {
  const seen = new Set<string>();
  let isOver = false;
  const keepRunning = async () => {
    while (!isOver) {
      if (edge.pid() === undefined) await edge.start().catch(() => {});
      const status = await edge.status().catch(() => undefined);
      if (status !== undefined) seen.add(JSON.stringify(status.twin.settings));
      await wait(20);
    }
  };
  const running = keepRunning();
  onTestFinished(async () => {
    isOver = true;
    await running;
  });
  return { seen };
}

/** Calls back once, when a file of the folder is named so in an event of the file system. */
function onFile(folder: string, name: string, listener: () => void): void {
  const watcher = watch(folder, (_event, file) => {
    if (file !== name) return;
    watcher.close();
    listener();
  });
  onTestFinished(() => watcher.close());
}

it("a device that is killed at each step of a change runs with the old settings or the new ones, and gets there", async () => {
  const folder = await tempFolder();
  const twinFolder = join(folder, "data", "twin");
  await mkdir(twinFolder, { recursive: true });
  const here = await startGatewayHere({ clients: ["demo:post-1", "dv:cloud"] });
  const there = await startGatewayHere({ clients: [], settings: { CREDENTIALS_FILE: here.credentialsFile } });
  const cities = {
    here: await connectCity(here, DEVICE),
    there: await connectCity({ ...there, tokenOf: here.tokenOf }, DEVICE),
  };
  const token = here.tokenOf("demo:post-1");
  // A trial of 15 s: the next one waits until it is over.
  const settings = { SUPERVISED: "true", TWIN_TRIAL_MIN: "0.25" };
  const edge = await startTestEdge({ folder, brokerUrl: here.url, ...DEVICE, token, settings });
  await cities.here.untilReported("it is there", ({ rev }) => rev === null);
  const { seen } = supervise(edge);
  // One that needs a restart, one that needs another connection and one that counts at once.
  const sets = { here: {}, there: { OUTBOX_BYTES: "33554432", BROKER_URL: there.url, HEALTH_EVERY_S: "10" } };

  let kills = 0;
  const kill = () => {
    kills += 1;
    return edge.kill();
  };
  for (let rev = 1; rev <= ROUNDS; rev += 1) {
    const target = rev % 2 === 1 ? ("there" as const) : ("here" as const);
    const moment = MOMENTS[Math.floor((rev - 1) / 2) % MOMENTS.length];
    const { pid } = { pid: edge.pid() };
    const killed = Promise.withResolvers<void>();
    const killNow = () => void kill().then(killed.resolve);
    if (moment === "while the decision is being written") onFile(twinFolder, "settings.json.tmp", killNow);
    else if (moment === "right after the decision is on disk") onFile(twinFolder, "settings.json", killNow);
    else killed.resolve();
    await Promise.all([cities.here.want(rev, sets[target]), cities.there.want(rev, sets[target])]);
    await killed.promise;

    if (moment === "when it has ended itself for a restart") {
      await until("another one runs", () => edge.pid() !== undefined && edge.pid() !== pid, PATIENCE_MS);
      await kill();
    } else if (moment === "while it counts its start") {
      await until("it has left", () => edge.pid() !== pid, PATIENCE_MS);
      const counting = Promise.withResolvers<void>();
      onFile(twinFolder, "settings.json.tmp", () => void kill().then(counting.resolve));
      await counting.promise;
    } else if (moment === "when the new broker hears of it") {
      await cities[target].untilReported("it is heard of", (reported) => reported.rev === rev, PATIENCE_MS);
      await kill();
    }
    const reported = await cities[target].untilReported(
      `rev ${rev} is in force after a kill ${moment}`,
      (newest) => newest.rev === rev && !newest.onTrial,
      PATIENCE_MS,
    );
    expect(reported).toMatchObject({ refused: [] });
    expect(reported.settings).toEqual(sets[target]);
  }

  expect(kills).toBe(ROUNDS);
  expect([...seen].sort()).toEqual([JSON.stringify(sets.here), JSON.stringify(sets.there)].sort());
}, 600_000);
