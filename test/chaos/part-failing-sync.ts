import { join } from "node:path";
import { wait } from "#kit/wait.ts";
import { randomFrom } from "../../models/random.ts";
import { buildSyncShim, noSyncShim, type SyncShim } from "../support/sync-shim/sync-shim.ts";
import { until } from "../support/until.ts";
import { type BrokerSettings, type Killable, mosquitto, ourGateway } from "./brokers.ts";
import type { Part, PartOptions } from "./parts.ts";
import { brokenOf } from "./report.ts";
import { type Load, loadOf } from "./under-load.ts";

const TITLE = "every sync fails with EIO";
const TIMES = 8;
const FAILING_MS = 1_000;
const UNHEALTHY_WITHIN_MS = 20_000;
/** What was acknowledged before the first failure may still be on its way to a publisher. */
const ON_THE_WAY_MS = 300;

/** A broker whose syncs we hold, under load. */
interface OnShim {
  readonly broker: Killable;
  readonly load: Load;
  readonly shim: SyncShim;
  acknowledgedWhileFailing: number;
}

/**
 * Part 3: at moments by the seed every sync of the brokers' files fails for a second, the consumer away at half of them;
 * after every second time the brokers are SIGKILLed while their syncs still fail, and started again when they succeed.
 */
export const runFailingSync: Part = async (options) => {
  if (noSyncShim !== undefined) return { part: 3, title: TITLE, rows: [], broken: [], skipped: noSyncShim };
  const ours = await layOnShim(options, "gateway", ourGateway);
  if (ours === undefined) throw new TypeError("our gateway is always there");
  const theirs = await layOnShim(options, "mosquitto", mosquitto);
  return await failAgainAndAgain(ours, theirs === undefined ? [ours] : [ours, theirs], options);
};

type Lay = (folder: string, publishers: number, settings: BrokerSettings) => Promise<Killable | undefined>;

async function layOnShim(
  { folder, publishers, pace, started }: PartOptions,
  name: string,
  lay: Lay,
): Promise<OnShim | undefined> {
  const own = join(folder, name);
  const dataDir = join(own, "data");
  const shim = await buildSyncShim(own, dataDir);
  const broker = await lay(own, publishers, { dataDir, env: shim.env });
  if (broker === undefined) return undefined;
  await broker.start();
  const load = loadOf(broker, pace);
  started.push(load);
  return { broker, load, shim, acknowledgedWhileFailing: 0 };
}

async function failAgainAndAgain(ours: OnShim, all: readonly OnShim[], { seed, say }: PartOptions) {
  const random = randomFrom(seed);
  const status = () => ours.broker.status();
  let kills = 0;
  for (let time = 0; time < TIMES; time += 1) {
    const isAway = time % 4 >= 2;
    const isKilled = time % 2 === 1;
    await Promise.all(all.map(async ({ load }) => (isAway ? load.leave() : load.come())));
    await wait(500 + Math.floor(random() * 1000));
    await Promise.all(all.map(({ shim }) => shim.fail()));
    await until("it says unhealthy", async () => (await status()) === "unhealthy", UNHEALTHY_WITHIN_MS);
    await wait(ON_THE_WAY_MS);
    const before = all.map(({ load }) => load.counts().acknowledged);
    await wait(FAILING_MS);
    all.forEach((it, i) => {
      it.acknowledgedWhileFailing += it.load.counts().acknowledged - (before[i] ?? 0);
    });
    if (isKilled) await Promise.all(all.map(({ broker }) => broker.kill()));
    await Promise.all(all.map(({ shim }) => shim.heal()));
    if (isKilled) await Promise.all(all.map(({ broker }) => broker.start()));
    kills += isKilled ? 1 : 0;
    await until("it is well again", async () => (await status()) === "ok", UNHEALTHY_WITHIN_MS);
    say(
      `failed ${time + 1} of ${TIMES} times${isKilled ? ", then killed" : ""}; consumer ${isAway ? "away" : "there"}`,
    );
  }
  await Promise.all(all.map(({ load }) => load.rest()));
  const rows = all.map(({ broker, load, acknowledgedWhileFailing }) => {
    const { published, acknowledged, delivered, lost, duplicated, unacknowledged } = load.counts();
    return {
      broker: broker.name,
      "failures (kills right after)": `${TIMES} (${kills})`,
      published,
      acknowledged,
      "of them while every sync failed": acknowledgedWhileFailing,
      delivered,
      lost,
      duplicated,
      "never acknowledged": unacknowledged,
    };
  });
  const { acknowledgedWhileFailing } = ours;
  const broken = [
    ...brokenOf(ours.load.counts()),
    ...(acknowledgedWhileFailing === 0
      ? []
      : [`${acknowledgedWhileFailing} were acknowledged while every sync failed`]),
  ];
  return { part: 3, title: TITLE, rows, broken };
}
