import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { decode } from "#contract/codec.ts";
import { sha256Of } from "../../../edge/visits/photo-messages.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { consume } from "../../support/group-member.ts";
import { type EdgeStatus, startTestEdge } from "../../support/test-edge.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { startSds011 } from "../../town/sds011-simulator.ts";
import { architectureOf, layArmMachine } from "./arm-machine.ts";

const folder = await mkdtemp(join(tmpdir(), "dvornik-arm64-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const laid = await layArmMachine(join(folder, "device"));
if ("missing" in laid) stdout.write(`skipped: ${laid.missing}\n`);

/** Everything is emulated, and the machine may be busy. */
const PATIENCE_MS = 120_000;

/** A visit, its photos and their chunks are appended together and sent in this order. */
const isPhotoSent = ({ outbox: { byClass } }: EdgeStatus) => byClass.visit === 0 && byClass.chunk === 0;

describe.skipIf("missing" in laid)("the agent on arm64, as it is installed, under qemu", () => {
  it(
    "reads its sensor, classifies a photo with the shipped model and publishes both",
    async () => {
      if ("missing" in laid) return;
      const photos = join(folder, "photos");
      await mkdir(photos);
      for (const [name, state] of [
        ["1-before", "overflow"],
        ["2-after", "clean"],
      ] as const) {
        await writeFile(join(photos, `${name}.jpg`), await drawSite({ seed: 3, state }));
      }
      const gateway = await startGatewayHere({ clients: ["demo:device-1", "dv:cloud"] });
      const air = await consume(gateway, "air");
      const sites = await consume(gateway, "sites");
      const sds011 = await startSds011(
        () => ({ pm25: 12.5, pm10: 20, temperature: -7, humidity: 70, pressure: 995 }),
        () => {},
        250,
      );
      onTestFinished(() => sds011.close());

      const startMs = performance.now();
      const edge = await startTestEdge({
        folder,
        machine: laid,
        brokerUrl: gateway.url,
        token: gateway.tokenOf("demo:device-1"),
        settings: { CAMERA_FOLDER: photos, SDS011: `tcp://127.0.0.1:${sds011.port}`, READING_EVERY_S: "1" },
      });
      const readyMs = performance.now() - startMs;
      await until("a reading is at the consumer", () => air.messages.length > 0, PATIENCE_MS);
      const before = await edge.shoot("s-1", "before");
      const pressedMs = performance.now();
      const after = await edge.shoot("s-1", "after");
      const shotMs = performance.now() - pressedMs;
      await until("all of it is acknowledged", async () => isPhotoSent(await edge.status()), PATIENCE_MS);
      const sentMs = performance.now() - pressedMs;
      const mib = Math.round((await edge.residentBytes()) / 2 ** 20);
      const [first, second] = [before.body.tookMs, after.body.tookMs];
      stdout.write(
        `arm64 under qemu: start to ready ${Math.round(readyMs)} ms, verdict ${second} ms (the first ${first} ms), shot on disk ` +
          `${Math.round(shotMs)} ms, shot to its PUBACK ${Math.round(sentMs)} ms, ${mib} MiB resident with qemu itself\n`,
      );

      const said = [...air.messages, ...sites.messages].map(({ topic, payload }) => decode(topic, payload).message);
      expect(await architectureOf(laid)).toBe("arm64");
      expect([before.status, after.status]).toEqual([200, 200]);
      expect(said.find(({ kind }) => kind === "reading")).toMatchObject({
        samples: [{ values: { pm25: 12.5, pm10: 20 } }],
      });
      expect(said.find(({ kind }) => kind === "visit")).toMatchObject({
        photos: [{ state: before.body.state }, { state: after.body.state, sha: after.body.sha }],
      });
      const chunks = said.flatMap((message) =>
        message.kind === "chunk" && message.sha === after.body.sha ? [message] : [],
      );
      const photo = Buffer.concat(chunks.sort((a, b) => a.i - b.i).map(({ bytes }) => bytes));
      expect(sha256Of(photo)).toBe(after.body.sha);
    },
    4 * 60_000,
  );
});
