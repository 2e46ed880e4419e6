import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { decode } from "#contract/codec.ts";
import { chainHash, isVisitSignedBy } from "#contract/evidence.ts";
import { DeviceState, type Message } from "#contract/messages.ts";
import { sha256Of } from "../../edge/visits/photo-messages.ts";
import { drawSite } from "../../models/samples/drawn-site.ts";
import { drawColour } from "../suites/camera.suite.ts";
import { freePort } from "../support/free-port.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestEdge, type TestEdge } from "../support/test-edge.ts";
import { until } from "../support/until.ts";
import { sds011Bytes } from "./sensors/sds011-bytes.ts";
import { type AedesBroker, startAedesBroker } from "./support/aedes-broker.ts";

const KILLS = process.env.DVORNIK_LONG === "1" ? 16 : 4;

/** Every durable message that came, once each, by number; fails when one came with two different bodies. */
function messagesIn(broker: AedesBroker): Message[] {
  const bySeq = new Map<number, { text: string; message: Message }>();
  for (const { topic, payload } of broker.received) {
    if (!topic.includes("/d/")) continue;
    const { message } = decode(topic, payload);
    const text = payload.toString("latin1");
    const known = bySeq.get(message.seq);
    if (known !== undefined && known.text !== text) throw new Error(`message ${message.seq} changed its bytes`);
    bySeq.set(message.seq, { text, message });
  }
  return [...bySeq.values()].map(({ message }) => message).sort((a, b) => a.seq - b.seq);
}

function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

/** Does a visit however often the device dies meanwhile, as a stubborn driver would. */
async function doVisit(edge: TestEdge, site: string): Promise<void> {
  const shoot = (role: "before" | "after") =>
    until(`the ${role} of ${site}`, () => edge.shoot(site, role).catch(() => undefined), 60_000);
  expect((await shoot("before")).status).toBe(200);
  // 409: it died after the commit, before it could answer; the visit is done.
  expect([200, 409]).toContain((await shoot("after")).status);
}

describe("the edge program", () => {
  it("makes each visit exactly once in an unbroken chain, however often it is killed", async () => {
    const folder = await tempFolder();
    const photos = join(folder, "photos");
    await mkdir(photos);
    for (let i = 0; i < 8; i += 1) {
      await writeFile(join(photos, `${i}.jpg`), await drawColour(`rgb(${i * 30},60,90)`, 320, 240));
    }
    const broker = await startAedesBroker(await freePort());
    const settings = { CAMERA_FOLDER: photos, CAMERA_FOLDER_LOOP: "true" };
    const edge = await startTestEdge({ folder, brokerUrl: broker.url, settings });
    const random = seededRandom(20_261_122);
    const sites = Array.from({ length: KILLS * 3 }, (_, i) => `site-${i}`);

    let kills = 0;
    let dying: Promise<void> | undefined;
    const killSoon = (afterMs: number) => {
      if (kills >= KILLS || dying !== undefined) return;
      kills += 1;
      dying = new Promise((resolve) => setTimeout(resolve, afterMs))
        .then(() => edge.kill())
        .then(() => edge.start())
        .finally(() => {
          dying = undefined;
        });
    };
    // Half of them right after a commit, when the draft is just being removed; half at any moment of a visit.
    broker.onReceived(({ topic }) => {
      if (topic.endsWith("/d/visit") && random() < 0.5) killSoon(0);
    });
    for (const [i, site] of sites.entries()) {
      const isPressing = KILLS - kills >= sites.length - i;
      if (isPressing || random() < 0.5) killSoon(random() * 150);
      await doVisit(edge, site);
    }
    await dying;
    await until("the outbox is empty", async () => (await edge.status()).outbox.total === 0, 60_000);

    const messages = messagesIn(broker);
    const visits = messages.flatMap((message) => (message.kind === "visit" ? [message] : []));
    const states = broker.received.filter(({ topic }) => topic.endsWith("/state"));
    const keys = new Set(states.map(({ payload }) => DeviceState.parse(JSON.parse(String(payload))).publicKey));
    expect(kills).toBeGreaterThanOrEqual(KILLS / 2);
    expect(visits.map(({ site }) => site)).toEqual(sites);
    expect(visits.map(({ prev }) => prev)).toEqual([null, ...visits.slice(0, -1).map(chainHash)]);
    expect(keys.size).toBe(1);
    expect(visits.every((visit) => isVisitSignedBy(visit, [...keys][0] ?? ""))).toBe(true);
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: messages.length }, (_, i) => i + 1));
  }, 400_000);

  it("sends a photo whole, passes over what is none, and says so", async () => {
    const folder = await tempFolder();
    const photos = join(folder, "photos");
    await mkdir(photos);
    const site = await drawSite({ seed: 1, state: "overflow" });
    await writeFile(join(photos, "a.jpg"), site.subarray(0, site.length / 2));
    await writeFile(join(photos, "b.jpg"), "a letter, no photo");
    await writeFile(join(photos, "c.jpg"), site);
    await writeFile(join(photos, "d.jpg"), await drawSite({ seed: 2, state: "clean" }));
    const broker = await startAedesBroker(await freePort());
    const edge = await startTestEdge({ folder, brokerUrl: broker.url, settings: { CAMERA_FOLDER: photos } });

    const truncated = await edge.shoot("s-1", "before");
    const letter = await edge.shoot("s-1", "before");
    const before = await edge.shoot("s-1", "before");
    const after = await edge.shoot("s-1", "after");
    const exhausted = await edge.shoot("s-1", "before");
    await until("the outbox is empty", async () => (await edge.status()).outbox.total === 0);

    expect([truncated, letter].map(({ status, body }) => [status, body.code])).toEqual([
      [422, "photo-unreadable"],
      [422, "photo-unreadable"],
    ]);
    expect([before.status, after.status, exhausted.status]).toEqual([200, 200, 503]);
    expect((await edge.status()).errors).toMatchObject({ "photo-unreadable": 2, "camera-unavailable": 1 });
    const pieces = messagesIn(broker).flatMap((message) => (message.kind === "chunk" ? [message] : []));
    for (const sha of [before.body.sha, after.body.sha]) {
      const photo = Buffer.concat(pieces.filter((piece) => piece.sha === sha).map(({ bytes }) => bytes));
      expect(sha256Of(photo)).toBe(sha);
    }
  }, 60_000);

  it("keeps reading while the broker is away and sends everything once it is back", async () => {
    const folder = await tempFolder();
    const sensorPort = await freePort();
    const frame = sds011Bytes({ pm25Tenths: 77, pm10Tenths: 99, id: 1 });
    const sensor = createServer((socket) => {
      const timer = setInterval(() => socket.write(frame), 10);
      socket.on("error", () => {}).on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => sensor.listen(sensorPort, "127.0.0.1", resolve));
    onTestFinished(() => {
      sensor.close();
    });
    const port = await freePort();
    const edge = await startTestEdge({
      folder,
      brokerUrl: `mqtt://127.0.0.1:${port}`,
      settings: { SDS011: `tcp://127.0.0.1:${sensorPort}`, READING_EVERY_S: "0.05", HEALTH_EVERY_S: "0.5" },
    });
    await until("readings wait", async () => (await edge.status()).outbox.total >= 40);
    await edge.kill();
    await edge.start();

    const broker = await startAedesBroker(port);
    await until("they are sent", () => messagesIn(broker).length >= 50, 60_000);
    await edge.close();

    const messages = messagesIn(broker);
    const readings = messages.flatMap((message) => (message.kind === "reading" ? [message] : []));
    expect(readings.every(({ samples }) => samples[0]?.values.pm25 === 7.7)).toBe(true);
    expect(messages.some(({ kind }) => kind === "health")).toBe(true);
    const ups = messages.map(({ up }) => up);
    expect(new Set(messages.map(({ boot }) => boot)).size).toBe(process.platform === "linux" ? 1 : 2);
    if (process.platform === "linux") expect(ups).toEqual(ups.toSorted((a, b) => a - b));
    expect(new Set(messages.map(({ log }) => log)).size).toBe(1);
    expect(messages.map(({ seq }) => seq).slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  }, 90_000);

  it("starts with everything missing and says in one screen what to do about it", async () => {
    const folder = await tempFolder();
    const edge = await startTestEdge({
      folder,
      brokerUrl: `mqtt://127.0.0.1:${await freePort()}`,
      settings: {
        CAMERA_FOLDER: join(folder, "no-photos"),
        MODEL_DIR: join(folder, "no-model"),
        SDS011: "serial:/dev/no-such-line",
        CLOCK: "none",
      },
    });

    const screen = await until("the self-test is done", async () => {
      const text = await readFile(join(folder, "edge.log"), "utf8");
      return text.includes("\nready\n") ? text : undefined;
    });
    const shot = await edge.shoot("s-1", "before");

    for (const part of ["model", "camera", "sensor sds011", "clock", "broker"]) {
      expect(screen).toMatch(new RegExp(`^ {2}(TROUBLE|NOTE {3}) ${part}`, "m"));
    }
    expect(screen).toMatch(/^ {2}ok {6}outbox/m);
    expect(shot).toMatchObject({ status: 503, body: { code: "camera-unavailable" } });
  }, 60_000);
});
