import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { addClient } from "../../../firmware-config/credentials.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import type { Program } from "../../support/program.ts";
import { until } from "../../support/until.ts";
import { auditState, coveredUpTo, lastNumberOf } from "../audit.ts";
import { layLine, SITES, UNIT } from "../line.ts";
import { auditMonth, type MonthAudit } from "./audit-month.ts";
import { createMonthDevice, type MonthDevice } from "./month-device.ts";
import type { World } from "./world.ts";

/** How large a month is. */
export interface MonthScale {
  readonly visitsPerDay: number;
  readonly photoBytes: number;
  readonly outboxBytes: number;
}

/** What became of a month. */
export interface Month extends MonthAudit {
  readonly said: MonthDevice["said"];
  readonly dropped: ReturnType<MonthDevice["dropped"]>;
  /** The last number that the device's log ever gave. */
  readonly last: number;
  readonly visits: MonthDevice["visits"];
  /** The true time of round 0; round n was n minutes later. */
  readonly startMs: number;
  readonly rounds: number;
  readonly tookS: number;
  /** Photos of which every piece was kept. */
  readonly photosLeft: number;
  /** The largest that the files of the outbox were, looked at each simulated hour. */
  readonly diskBytes: number;
}

const MINUTE = 60_000;
const DAY = 1_440;
const DAYS = 30;
const DRAINED_WITHIN_MS = 150_000;
const DEVICE = { tenant: UNIT.tenant, device: "month-1" };

/** What happens at the beginning of which minute. */
const EVENTS = new Map<number, (device: MonthDevice, world: World, cloud: Program) => Promise<void>>([
  [
    1 * DAY,
    async (device, world) => {
      await drained(device);
      await device.disconnect();
      world.isLinkUp = false;
    },
  ],
  // The clock is lost for the first time: 1970, until satellites are heard for six hours.
  [
    5 * DAY,
    async (device, world) => {
      world.hasBattery = false;
      await restart(device, "boot-2");
    },
  ],
  [
    7.5 * DAY,
    async (_, world) => {
      world.hasSky = true;
    },
  ],
  [
    7.75 * DAY,
    async (_, world) => {
      world.hasSky = false;
    },
  ],
  // Somebody has put in a new battery and set the clock.
  [
    10 * DAY,
    async (device, world) => {
      world.hasBattery = true;
      await restart(device, "boot-3");
    },
  ],
  // The clock is lost for the second time, and nothing tells the time before the next power cut: this day stays unknown.
  [
    15 * DAY,
    async (device, world) => {
      world.hasBattery = false;
      await restart(device, "boot-4");
    },
  ],
  [16 * DAY, async (device) => restart(device, "boot-5")],
  // 27 days after it went down the link is back, and with it the network's time.
  [
    28 * DAY,
    async (device, world, cloud) => {
      world.isLinkUp = true;
      await device.look();
      await device.flush();
      device.connect();
      const backlog = device.pending();
      await until("half of the backlog is gone", () => device.pending() < backlog / 2, DRAINED_WITHIN_MS);
      await cloud.kill();
      await cloud.start();
      await drained(device);
    },
  ],
]);

const drained = (device: MonthDevice) => until("the outbox is empty", () => device.pending() === 0, DRAINED_WITHIN_MS);

async function restart(device: MonthDevice, boot: string): Promise<void> {
  await device.stop();
  await device.start(boot);
}

/** Runs a month through the real outbox, uplink, gateway and cloud; the cloud is killed while the backlog comes. */
export async function runMonth(folder: string, scale: MonthScale): Promise<Month> {
  const line = await layLine({ folder });
  try {
    const token = await addClient(line.credentialsFile, { ...DEVICE, role: "device" });
    await line.assign([DEVICE]);
    await line.gateway.start();
    await line.cloud.start();
    const startMs = Math.floor(Date.now() / MINUTE) * MINUTE - DAYS * DAY * MINUTE;
    const world: World = { nowMs: startMs, isLinkUp: true, hasSky: false, hasBattery: true };
    const edgeData = join(folder, "month");
    await mkdir(edgeData, { recursive: true });
    const { outboxBytes } = scale;
    const brokerUrl = `mqtt://127.0.0.1:${line.gatewayPort}`;
    const device = createMonthDevice({ address: DEVICE, folder: edgeData, outboxBytes, brokerUrl, token, world });

    const begunMs = performance.now();
    await device.start("boot-1");
    device.connect();
    const rounds = DAYS * DAY;
    const diskBytes = await live(device, world, { startMs, rounds, scale, cloud: line.cloud, edgeData });

    await drained(device);
    await device.disconnect();
    await device.stop();
    const last = lastNumberOf(edgeData);
    const isCovered = () => coveredUpTo(auditState(line.data.cloud)) >= last;
    await until("the cloud has every number", isCovered, 120_000);
    const audit = await until(
      "nothing is left to repair",
      () => {
        const found = auditMonth(line.data.cloud);
        return found.due === 0 && found.wholePhotos >= wholePhotosOf(device) ? found : undefined;
      },
      120_000,
    );
    const tookS = (performance.now() - begunMs) / 1000;
    const { said, visits } = device;
    const photosLeft = wholePhotosOf(device);
    return {
      ...audit,
      photosLeft,
      diskBytes,
      said,
      dropped: device.dropped(),
      visits,
      last,
      startMs,
      rounds,
      tookS,
    };
  } finally {
    await line.close();
  }
}

/** Photos none of whose pieces was dropped: photos go whole. */
export function wholePhotosOf({ said, visits, dropped }: MonthDevice): number {
  const photos = 2 * visits.size;
  return photos - dropped().chunk / (said.chunk / photos);
}

interface Life {
  readonly startMs: number;
  readonly rounds: number;
  readonly scale: MonthScale;
  readonly cloud: Program;
  readonly edgeData: string;
}

/** Gives how large the files of the outbox were at most. */
async function live(device: MonthDevice, world: World, life: Life): Promise<number> {
  const { startMs, rounds, scale, cloud, edgeData } = life;
  let diskBytes = 0;
  const base = await drawSite({ seed: 7, state: "clean", widthPx: 320, heightPx: 240 });
  const photo = (n: number) => paddedJpeg(base, scale.photoBytes, n);
  const visitEvery = Math.floor(DAY / scale.visitsPerDay);
  for (let round = 0; round < rounds; round += 1) {
    world.nowMs = startMs + round * MINUTE;
    await EVENTS.get(round)?.(device, world, cloud);
    await device.look();
    device.measure(round);
    device.sayHealth();
    if (round % visitEvery === 3) device.takeBefore(SITES[round % SITES.length] ?? SITES[0], photo(2 * round));
    if (round % visitEvery === 5) await device.takeAfter(photo(2 * round + 1));
    if (round % (3 * DAY) === DAY) await device.sayAlert();
    if (round % 60 !== 59) continue;
    await device.flush();
    diskBytes = Math.max(diskBytes, await bytesIn(edgeData));
  }
  return diskBytes;
}

async function bytesIn(folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((name) => name.startsWith("outbox"));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A JPEG as large as a truck's photo and unlike all others: the drawing with comments in it (ITU-T T.81, B.2.4.5). */
function paddedJpeg(base: Uint8Array, bytes: number, n: number): Uint8Array {
  const comments: Buffer[] = [];
  for (let left = bytes - base.length; left > 0; left -= 60_004) {
    const segment = Buffer.alloc(Math.min(left, 60_000) + 4, n & 0xff);
    segment.writeUInt16BE(0xfffe, 0);
    segment.writeUInt16BE(segment.length - 2, 2);
    if (segment.length >= 8) segment.writeUInt32BE(n, 4);
    comments.push(segment);
  }
  return Buffer.concat([base.subarray(0, 2), ...comments, base.subarray(2)]);
}
