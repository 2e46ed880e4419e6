import { describe, expect, it, onTestFinished } from "vitest";
import { wait } from "#kit/wait.ts";
import { randomFrom } from "../../models/random.ts";
import { findInfluxd, startInflux } from "../real/influx/start-influx.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { drawnRoll } from "../town/camera-roll.ts";
import { auditState, coveredUpTo, isPhotoWhole, messagesOf, pointsIn, pointsInInflux } from "./audit.ts";
import { drain } from "./drain.ts";
import { startDriver } from "./driver.ts";
import {
  killAndRestart,
  killBetweenCommitAndPuback,
  killBetweenStoreAndState,
  killInsideCheckpoint,
  receivedCount,
} from "./kills.ts";
import { influxSettings, type Line, layLine, SITES, type StoreSettings, startAll } from "./line.ts";

const IS_LONG = process.env.DVORNIK_LONG === "1";
const LOAD = IS_LONG ? { messages: 5000, visits: 25, kills: 20 } : { messages: 900, visits: 6, kills: 4 };
const SEED = 20_261_122;

interface Store {
  readonly settings: StoreSettings;
  /** A kill that only this store makes possible. */
  readonly ownKill: ((line: Line) => Promise<void>) | undefined;
  points(line: Line): Promise<number>;
}

async function surviveKills(store: Store, kills: number): Promise<void> {
  const folder = await tempFolder();
  const edge = { READING_EVERY_S: "0.05", HEALTH_EVERY_S: "86400" };
  const line = await layLine({ folder, store: store.settings, edge });
  onTestFinished(() => line.close());
  await startAll(line);
  const random = randomFrom(SEED);
  const driver = startDriver(line.edgeUrl, SITES, await drawnRoll(line.cameraFolder, random, 0), LOAD.visits);
  onTestFinished(() => driver.close());

  const special = [killInsideCheckpoint, killBetweenCommitAndPuback, ...(store.ownKill ? [store.ownKill] : [])];
  for (const kill of special) await kill(line);
  for (let kill = special.length; kill < kills - 1; kill++) {
    await wait(300 + random() * 2000);
    await killAndRestart([line.gateway, line.cloud, line.edge][Math.floor(random() * 3)] ?? line.edge);
  }
  await killAndRestart(line.edge);
  await until("enough messages", () => receivedCount(line) >= LOAD.messages, 240_000);
  await Promise.race([driver.done, wait(180_000)]);
  const last = await drain(line, 120_000);

  const audit = auditState(line.data.cloud);
  expect(coveredUpTo(audit)).toBe(last);
  expect(audit.deadLetters).toBe(0);
  const shas = audit.visits.flatMap(({ photos }) => photos.map(({ sha }) => sha));
  await until("every photo is whole", async () => {
    const whole = await Promise.all(shas.map((sha) => isPhotoWhole(line.data.cloud, sha)));
    return whole.every(Boolean);
  });
  expect(driver.confirmed).toHaveLength(LOAD.visits);
  const visits = audit.visits.map(({ visit }) => visit);
  expect(visits).toEqual(expect.arrayContaining(driver.confirmed.map(({ visit }) => visit)));
  const dirty = audit.visits.filter(({ photos }) =>
    photos.some(({ role, state }) => role === "after" && (state === "overflow" || state === "scattered")),
  );
  expect([...audit.alerts].sort()).toEqual(dirty.map(({ visit }) => visit).sort());
  const costs = await Promise.all(audit.visits.map(({ photos }) => messagesOf(line.data.cloud, photos)));
  expect(await store.points(line)).toBe(last - costs.reduce((sum, cost) => sum + cost, 0));
}

const influxd = await findInfluxd();
const TIMEOUT_MS = IS_LONG ? 1_200_000 : 400_000;

describe("the line from the device to the store", () => {
  it(
    `keeps every message once and every photo whole over ${LOAD.kills} kills of gateway, cloud and edge`,
    async () => {
      await surviveKills(
        { settings: {}, ownKill: undefined, points: async (line) => pointsIn(line.data.cloud) },
        LOAD.kills,
      );
    },
    TIMEOUT_MS,
  );

  it.skipIf("missing" in influxd)(
    `does so with InfluxDB, also when the cloud dies between its 204 and the state commit (${LOAD.kills} kills; skipped where InfluxDB cannot be built)`,
    async () => {
      if ("missing" in influxd) return;
      const influx = await startInflux(influxd.program);
      onTestFinished(() => influx.stop());
      const wire = await startTcpProxy(Number(new URL(influx.url).port));
      onTestFinished(() => wire.close());
      await surviveKills(
        {
          settings: influxSettings(influx, wire.port),
          ownKill: (line) => killBetweenStoreAndState(line, wire),
          points: () => pointsInInflux(influx),
        },
        LOAD.kills,
      );
    },
    TIMEOUT_MS,
  );
});
