import { randomBytes } from "node:crypto";
import mqtt from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { encode } from "#contract/codec.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { type Stream, topics } from "#contract/topics.ts";
import { DeadLetterView, HealthView } from "../../cloud/http/schemas.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { aPhoto, aReading } from "../support/builders.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { type Line, layLine, UNIT } from "./line.ts";

const DEVICE: Address = { tenant: UNIT.tenant, device: "clumsy-1" };
const DeadLetters = z.object({ deadLetters: z.array(DeadLetterView) });
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
});
