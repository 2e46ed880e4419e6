import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import mqtt from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { encode } from "#contract/codec.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { type Stream, topics } from "#contract/topics.ts";
import { DeadLetterView, HealthView, StationFeature } from "../../cloud/http/schemas.ts";
import { StationCollection } from "../../cloud/live/station-table.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { drawSite } from "../../models/samples/drawn-site.ts";
import { aPhoto, aReading } from "../support/builders.ts";
import { freePort } from "../support/free-port.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { sds011Frame } from "../town/sds011-simulator.ts";
import { shoot } from "./driver.ts";
import { type Line, layLine, UNIT } from "./line.ts";

const DEVICE: Address = { tenant: UNIT.tenant, device: "clumsy-1" };
const DeadLetters = z.object({ deadLetters: z.array(DeadLetterView) });
const Counted = z.looseObject({ errors: z.record(z.string(), z.number()) });
const GatewayHealth = z.object({ refused: z.record(z.string(), z.number()) });

/** A device that may connect, and a way to send any bytes as it. */
async function connectClumsy(line: Line) {
  const password = await addClient(line.credentialsFile, { ...DEVICE, role: "device" });
  const clientId = clientIdOf(DEVICE);
  const connect = () =>
    until("the gateway lets the new device in", () =>
      mqtt.connectAsync(
        `mqtt://127.0.0.1:${line.gatewayPort}`,
        { clientId, username: clientId, password, reconnectPeriod: 0 },
        false,
      ),
    );
  const publishOnce = async (topic: string, bytes: Uint8Array): Promise<"acknowledged" | "refused"> => {
    const client = await connect();
    const refused = new Promise<"refused">((resolve) => client.once("close", () => resolve("refused")));
    const acknowledged = client.publishAsync(topic, Buffer.from(bytes), { qos: 1 }).then(() => "acknowledged" as const);
    const answer = await Promise.race([acknowledged.catch(() => refused), refused]);
    await client.endAsync(true);
    return answer;
  };
  return { publishOnce };
}

const text = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

describe("bad input", () => {
  it("is answered by a clear counted reason each, and the line goes on and loses nothing else", async () => {
    const line = await layLine({ folder: await tempFolder() });
    onTestFinished(() => line.close());
    await line.assign([DEVICE]);
    await line.gateway.start();
    await line.cloud.start();
    const { publishOnce } = await connectClumsy(line);
    const log = "clumsylog";
    let seq = 0;
    const place = () => {
      seq += 1;
      return { log, seq, id: `${log}-${seq}` };
    };
    const on = (stream: Stream) => topics.data(DEVICE, stream);
    const { notice, chunks } = aPhoto(randomBytes(50_000));
    const broken = chunks.map((chunk) => ({ ...chunk, bytes: Buffer.from(chunk.bytes).fill(7) }));

    const answers = [
      await publishOnce(on("reading"), text("{ this is no JSON")),
      await publishOnce(on("reading"), text({ ...aReading(), ...place(), v: 2 })),
      await publishOnce(on("health"), encode(aReading(place()))),
      await publishOnce(on("reading"), encode(aReading({ ...place(), samples: [] }))),
      await publishOnce(on("photo"), encode({ ...notice, ...place() })),
    ];
    for (const chunk of [...broken, ...broken])
      answers.push(await publishOnce(on("chunk"), encode({ ...chunk, ...place() })));
    answers.push(await publishOnce(on("reading"), encode(aReading(place()))));
    const strangers = [
      await publishOnce(topics.data(UNIT, "reading"), encode(aReading(place()))),
      await publishOnce("dv1/x/y/z", text("nothing of ours")),
      await publishOnce(`${on("reading")}/more`, text("a level too many")),
    ];

    expect(new Set(answers)).toEqual(new Set(["acknowledged"]));
    expect(new Set(strangers)).toEqual(new Set(["refused"]));
    const get = async (url: string): Promise<unknown> =>
      (await fetch(url, { headers: { authorization: `Bearer ${line.adminToken}` } })).json();
    const reasons = await until("every letter is filed", async () => {
      const { deadLetters } = DeadLetters.parse(await get(`${line.cloudUrl}/api/v1/dead-letters`));
      const found = new Set(deadLetters.map(({ reason }) => reason));
      return (
        ["malformed", "unknown-version", "wrong-topic", "photo-hash"].every((reason) => found.has(reason)) && found
      );
    });
    await until("the good reading is stored", async () => {
      const { counts } = HealthView.parse(await get(`${line.cloudUrl}/healthz`));
      return (counts["air.acknowledged"] ?? 0) >= 4;
    });
    const { refused } = GatewayHealth.parse(await get(`${line.gatewayUrl}/healthz`));
    expect(reasons).toEqual(new Set(["malformed", "unknown-version", "wrong-topic", "photo-hash"]));
    expect(refused.topic).toBeGreaterThanOrEqual(3);
    expect((await fetch(`${line.cloudUrl}/api/v1/dead-letters`)).status).toBe(401);
  }, 120_000);

  it("at the device is refused by name and counted, and the next good photo and the good frames go on", async () => {
    const folder = await tempFolder();
    const frames = createServer((socket) => {
      const damaged = Buffer.from(sds011Frame(500, 500));
      damaged[8] = ((damaged[8] ?? 0) + 1) & 0xff;
      const talking = setInterval(() => socket.write(Buffer.concat([damaged, sds011Frame(8.5, 9.5)])), 20);
      socket.on("close", () => clearInterval(talking)).on("error", () => socket.destroy());
    });
    const port = await freePort();
    await new Promise<void>((resolve) => frames.listen(port, "127.0.0.1", resolve));
    const line = await layLine({ folder, edge: { READING_EVERY_S: "0.5", SDS011: `tcp://127.0.0.1:${port}` } });
    onTestFinished(() => line.close());
    onTestFinished(() => void frames.close());
    const whole = await drawSite({ seed: 1, state: "clean" });
    await writeFile(join(line.cameraFolder, "1-text.jpg"), "this is a text, whatever its name says");
    await writeFile(join(line.cameraFolder, "2-cut.jpg"), whole.subarray(0, whole.length / 2));
    await writeFile(join(line.cameraFolder, "3-good.jpg"), whole);
    await line.gateway.start();
    await line.cloud.start();
    await line.edge.start();

    await expect(shoot(line.edgeUrl, "site-1", "before")).rejects.toThrow(/422.*photo-unreadable.*1-text\.jpg/);
    await expect(shoot(line.edgeUrl, "site-1", "before")).rejects.toThrow(/422.*photo-unreadable.*2-cut\.jpg/);
    expect(await shoot(line.edgeUrl, "site-1", "before")).toMatchObject({ sha: expect.any(String) });

    const { air } = await until("the good frames' reading is on the map", async () => {
      const { features } = StationCollection.parse(await (await fetch(`${line.cloudUrl}/api/v1/stations`)).json());
      const [station] = features;
      if (station?.properties.air.pm25 === undefined) return undefined;
      const whole = await fetch(`${line.cloudUrl}/api/v1/stations/${station.id}`);
      return StationFeature.parse(await whole.json()).properties;
    });
    // The sensor warms up, so nobody vouches for a value yet; what it said is there.
    expect(air.pm25?.now?.raw).toBe(8.5);
    const { errors } = Counted.parse(await (await fetch(`${line.edgeUrl}/status`)).json());
    expect(errors["photo-unreadable"]).toBe(2);
    expect(errors["sensor-bad-frame"]).toBeGreaterThan(0);
  }, 120_000);
});
