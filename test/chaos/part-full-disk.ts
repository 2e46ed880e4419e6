import { join } from "node:path";
import { wait } from "#kit/wait.ts";
import { canMount, type Disk, mountDisk } from "../support/mount-disk.ts";
import { until } from "../support/until.ts";
import { type BrokerSettings, type Killable, mosquitto, ourGateway } from "./brokers.ts";
import type { Part, PartOptions } from "./parts.ts";
import { brokenOf } from "./report.ts";
import { type Load, loadOf } from "./under-load.ts";

const TITLE = "a full disk";
const DISK_MIB = 16;
const ROOMY_MIB = 32;
/** So that what is lost can be told from what was only refused, where clearing did not make it well. */
const RESCUE_MIB = 128;
/** A tmpfs of 16 MiB is full after some seconds of these, not minutes. */
const PAYLOAD_BYTES = 2_000;
const FULL_WITHIN_MS = 120_000;
const HOLD_MS = 3_000;
const WELL_WITHIN_MS = 30_000;

/** A broker whose data lie on a small disk, under load. */
interface OnDisk {
  readonly broker: Killable;
  readonly load: Load;
  readonly disk: Disk;
}

/**
 * Part 2: each broker's data on a small tmpfs of its own, filled under load while the consumer is away; ended by SIGTERM
 * and started again while it is full; then room from outside; full once more, and this time only the consumer, who comes
 * back and acknowledges, makes room. Then everything comes to rest and is counted.
 */
export const runFullDisk: Part = async (options) => {
  if (!(await canMount())) {
    return { part: 2, title: TITLE, rows: [], broken: [], skipped: "this user may not mount a tmpfs" };
  }
  const ours = await layOnDisk(options, "gateway", ourGateway);
  if (ours === undefined) throw new TypeError("our gateway is always there");
  const theirs = await layOnDisk(options, "mosquitto", mosquitto);
  return await fillTwice(ours, theirs === undefined ? [ours] : [ours, theirs], options.say);
};

type Lay = (folder: string, publishers: number, settings: BrokerSettings) => Promise<Killable | undefined>;

async function layOnDisk(
  { folder, publishers, pace, started }: PartOptions,
  name: string,
  lay: Lay,
): Promise<OnDisk | undefined> {
  const disk = await mountDisk(join(folder, `${name}-disk`), DISK_MIB);
  started.push(disk);
  const broker = await lay(folder, publishers, { dataDir: join(disk.folder, "data") });
  if (broker === undefined) return undefined;
  await broker.start();
  const load = loadOf(broker, { ...pace, payloadBytes: PAYLOAD_BYTES });
  started.push(load);
  return { broker, load, disk };
}

async function fillTwice(ours: OnDisk, all: readonly OnDisk[], say: (line: string) => void) {
  const isFull = () => until("our disk is full", async () => (await ours.broker.status()) !== "ok", FULL_WITHIN_MS);
  const isWell = () => until("our gateway is well", async () => (await ours.broker.status()) === "ok", WELL_WITHIN_MS);
  const acknowledged = () => all.map(({ load }) => load.counts().acknowledged);

  await until("every consumer was there", () => all.every(({ load }) => load.counts().delivered > 0));
  await Promise.all(all.map(({ load }) => load.leave()));
  await isFull();
  const whenFull = acknowledged();
  say("our disk is full: /healthz says unhealthy");
  await wait(HOLD_MS);
  const whileFull = acknowledged().map((count, i) => count - (whenFull[i] ?? 0));
  await Promise.all(all.map(({ broker }) => broker.stop()));
  await Promise.all(all.map(({ broker }) => broker.start()));
  say("ended by SIGTERM and started again on the full disk");

  const roomMs = performance.now();
  await Promise.all(all.map(({ disk }) => disk.resize(ROOMY_MIB)));
  await isWell();
  const wellAfterMs = Math.round(performance.now() - roomMs);
  say(`room from outside: well again after ${wellAfterMs} ms`);

  await isFull();
  say("full again; now only the consumer makes room");
  for (const { load } of all) load.come();
  const clearedMs = performance.now();
  const isCleared = await isWell().then(
    () => true,
    () => false,
  );
  const clearedAfterMs = Math.round(performance.now() - clearedMs);
  say(isCleared ? `well again after ${clearedAfterMs} ms` : "not well again by clearing alone");
  if (!isCleared) await Promise.all(all.map(({ disk }) => disk.resize(RESCUE_MIB)));
  await Promise.all(all.map(({ load }) => load.rest()));

  const rows = all.map(({ broker, load }, i) => {
    const { published, lost, delivered, duplicated, unacknowledged, ...counts } = load.counts();
    return {
      broker: broker.name,
      published,
      acknowledged: counts.acknowledged,
      [`of them in ${HOLD_MS / 1000} s while full`]: whileFull[i] ?? 0,
      delivered,
      lost,
      duplicated,
      "never acknowledged": unacknowledged,
      "well after room from outside, ms": i === 0 ? wellAfterMs : "–",
      "well by clearing, ms": i > 0 ? "–" : isCleared ? clearedAfterMs : "never",
    };
  });
  const broken = [
    ...brokenOf(ours.load.counts()),
    ...(isCleared ? [] : [`not well again ${WELL_WITHIN_MS / 1000} s after the consumer came back`]),
  ];
  return { part: 2, title: TITLE, rows, broken };
}
