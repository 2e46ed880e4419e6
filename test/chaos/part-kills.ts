import { randomFrom } from "../../models/random.ts";
import { mosquitto, ourGateway } from "./brokers.ts";
import { killUnderLoad } from "./kill-under-load.ts";
import type { Part } from "./parts.ts";
import { brokenOf } from "./report.ts";

/** Part 1: SIGKILLs under load, at the same moments for both brokers. */
export const runKills: Part = async ({ folder, publishers, pace, kills, seed, say, started }) => {
  const random = randomFrom(seed);
  const waitsMs = Array.from({ length: kills }, () => 1000 + Math.floor(random() * 1000));
  const ours = await ourGateway(folder, publishers);
  const theirs = await mosquitto(folder, publishers);
  const brokers = theirs === undefined ? [ours] : [ours, theirs];
  started.push(...brokers.map(({ kill }) => ({ close: kill })));
  const results = await killUnderLoad(brokers, { waitsMs, pace }, say);
  const rows = results.map((it) => ({
    broker: it.broker,
    "kills (consumer away)": `${it.kills} (${it.killsWhileAway})`,
    published: it.published,
    acknowledged: it.acknowledged,
    delivered: it.delivered,
    lost: it.lost,
    duplicated: it.duplicated,
    "never acknowledged": it.unacknowledged,
    "up again after, ms": it.restartMs,
  }));
  const own = results.find(({ broker }) => broker === ours.name);
  const broken = own === undefined ? ["our gateway was not measured"] : brokenOf(own);
  return { part: 1, title: "SIGKILLs under load", rows, broken };
};
