import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import mqtt from "mqtt";
import { encode } from "#contract/codec.ts";
import { clientIdOf } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { SiteFeature } from "../../cloud/http/schemas.ts";
import { StationChanges } from "../../cloud/live/station-table.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { randomFrom } from "../../models/random.ts";
import { findInfluxd, startInflux } from "../real/influx/start-influx.ts";
import { followEvents } from "../support/event-stream.ts";
import { until } from "../support/until.ts";
import { shoot } from "../system/driver.ts";
import { receivedCount } from "../system/kills.ts";
import { influxSettings, type Line, layLine, type StoreSettings, startAll, UNIT } from "../system/line.ts";
import { drawnRoll } from "../town/camera-roll.ts";
import { percentile } from "./percentile.ts";

/** How much is measured; small enough for a few minutes on two cores. */
const READINGS = 60;
const VISITS = 20;
const PUBLISHERS = 20;
const PER_PUBLISHER = 1500;

const nowMs = () => performance.timeOrigin + performance.now();
const say = (line: string) => stdout.write(`${line}\n`);

interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly n: number;
}
const latencyOf = (ms: readonly number[]): Latency => ({
  p50: Math.round(percentile(ms, 50)),
  p99: Math.round(percentile(ms, 99)),
  n: ms.length,
});

/** Reading taken (its own `at`) → the event with its value has reached a map's page. Packs of one. */
async function measureReadings(line: Line): Promise<Latency> {
  const taken = new Map<number, number>();
  const listening = await followEvents(`${line.cloudUrl}/api/v1/live`, (event, data, atMs) => {
    if (event !== "stations") return;
    for (const { properties } of StationChanges.parse(data)) {
      const at = properties.air.pm25?.now?.at;
      if (at !== undefined && !taken.has(at)) taken.set(at, atMs - at);
    }
  });
  await until("readings on the map", () => taken.size >= READINGS, 300_000);
  await listening.close();
  return latencyOf([...taken.values()]);
}

/** Shutter pressed → the verdict is on the map; → both photos can be seen. */
async function measurePhotos(line: Line): Promise<{ readonly verdict: Latency; readonly photo: Latency }> {
  const roll = await drawnRoll(line.cameraFolder, randomFrom(11), 0);
  const verdicts: number[] = [];
  const photos: number[] = [];
  const seen = new Map<string, number>();
  const listening = await followEvents(`${line.cloudUrl}/api/v1/live`, (event, data, atMs) => {
    if (event !== "site") return;
    const { id, lastVisitAt } = SiteFeature.parse(data).properties;
    if (lastVisitAt !== null && !seen.has(`${id} ${lastVisitAt}`)) seen.set(`${id} ${lastVisitAt}`, atMs);
  });
  for (let visit = 0; visit < VISITS; visit++) {
    await roll.lay("before");
    await shoot(line.edgeUrl, "site-1", "before");
    await roll.lay("after");
    const known = seen.size;
    const pressedMs = nowMs();
    const { sha } = await shoot(line.edgeUrl, "site-1", "after");
    await until("the verdict is on the map", () => seen.size > known, 30_000);
    verdicts.push(([...seen.values()].at(-1) ?? 0) - pressedMs);
    await until(
      "the photo can be seen",
      async () => (await fetch(`${line.cloudUrl}/api/v1/photos/${sha}.jpg`)).ok,
      30_000,
    );
    photos.push(nowMs() - pressedMs);
  }
  await listening.close();
  return { verdict: latencyOf(verdicts), photo: latencyOf(photos) };
}

/** How long the map's list takes while `work` goes on: what a resident feels when the stores are busy. */
async function measurePages(line: Line, work: Promise<unknown>): Promise<Latency> {
  const took: number[] = [];
  let isDone = false;
  void work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const startMs = nowMs();
    await (await fetch(`${line.cloudUrl}/api/v1/sites`)).arrayBuffer();
    took.push(nowMs() - startMs);
    await wait(50);
  }
  return latencyOf(took);
}

/** Messages per second from devices (window 64 each) until the store has them and the state says so. */
async function measureThroughput(line: Line): Promise<number> {
  const clients: { readonly address: typeof UNIT; readonly password: string }[] = [];
  for (let at = 0; at < PUBLISHERS; at++) {
    const address = { tenant: UNIT.tenant, device: `load-${at}` };
    clients.push({ address, password: await addClient(line.credentialsFile, { ...address, role: "device" }) });
  }
  const before = receivedCount(line);
  const connected = await Promise.all(
    clients.map(async ({ address, password }) => {
      const clientId = clientIdOf(address);
      const client = await until("the gateway knows the new device", () =>
        mqtt.connectAsync(
          `mqtt://127.0.0.1:${line.gatewayPort}`,
          { clientId, username: clientId, password, reconnectPeriod: 0 },
          false,
        ),
      );
      return { address, client };
    }),
  );
  const start = nowMs();
  await Promise.all(connected.map(({ address, client }) => publishAll(client, address, Math.round(start))));
  await until("the store has all", () => receivedCount(line) - before >= PUBLISHERS * PER_PUBLISHER, 300_000);
  const seconds = (nowMs() - start) / 1000;
  await Promise.all(connected.map(({ client }) => client.endAsync()));
  return Math.round((PUBLISHERS * PER_PUBLISHER) / seconds);
}

async function publishAll(client: mqtt.MqttClient, address: typeof UNIT, startMs: number): Promise<void> {
  const log = randomBytes(8).toString("hex");
  let next = 1;
  const worker = async () => {
    for (let seq = next++; seq <= PER_PUBLISHER; seq = next++) {
      const at = startMs - PER_PUBLISHER + seq;
      const bytes = encode({
        v: 1,
        log,
        seq,
        id: `${log}-${seq}`,
        at,
        clock: "ntp",
        boot: log,
        up: seq,
        kind: "reading",
        sensor: address.device,
        model: "sds011",
        samples: [{ at, up: seq, values: { pm25: seq / 10, pm10: seq / 8 } }],
      });
      await client.publishAsync(topics.data(address, "reading"), Buffer.from(bytes), { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

async function measureLine(name: string, store: StoreSettings) {
  const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-"));
  const started: Closer[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
  try {
    const line = await layLine({ folder, store, edge: { READING_EVERY_S: "1", LOG_LEVEL: "warn" } });
    started.push(line);
    await line.assign(Array.from({ length: PUBLISHERS }, (_, at) => ({ tenant: UNIT.tenant, device: `load-${at}` })));
    await startAll(line);
    await wait(2000);
    say(`${name}: readings …`);
    const reading = await measureReadings(line);
    say(`${name}: photos …`);
    const { verdict, photo } = await measurePhotos(line);
    say(`${name}: messages per second …`);
    const storing = measureThroughput(line);
    const page = await measurePages(line, storing);
    const perSecond = await storing;
    const residentMiB = {
      gateway: Math.round((await line.gateway.residentBytes()) / 2 ** 20),
      cloud: Math.round((await line.cloud.residentBytes()) / 2 ** 20),
      edge: Math.round((await line.edge.residentBytes()) / 2 ** 20),
    };
    return { store: name, reading, verdict, photo, perSecond, page, residentMiB };
  } finally {
    await closeAll(started);
  }
}

const results = [await measureLine("sqlite", {})];
const influxd = await findInfluxd();
if ("program" in influxd) {
  const influx = await startInflux(influxd.program);
  results.push(await measureLine("influxdb", influxSettings(influx)));
  await influx.stop();
} else {
  say(`the row of InfluxDB is left out: ${influxd.missing}`);
}

say(
  "\n| store | reading → map p50 / p99 | verdict → map p50 / p99 | photo → map p50 / p99 | msg/s stored | page meanwhile p50 / p99 | MiB gateway / cloud / edge |",
);
say("| --- | --- | --- | --- | --- | --- | --- |");
for (const { store, reading, verdict, photo, perSecond, page, residentMiB } of results) {
  const cell = ({ p50, p99 }: Latency) => `${p50} / ${p99} ms`;
  const { gateway, cloud, edge } = residentMiB;
  say(
    `| ${store} | ${cell(reading)} | ${cell(verdict)} | ${cell(photo)} | ${perSecond} | ${cell(page)} | ${gateway} / ${cloud} / ${edge} |`,
  );
}
say(JSON.stringify({ machine: { cpu: cpus()[0]?.model, cores: cpus().length }, results }));
