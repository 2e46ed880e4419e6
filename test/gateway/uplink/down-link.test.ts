import { createServer } from "node:net";
import { generate, type IPublishPacket, type Packet } from "mqtt-packet";
import { describe, expect, it, onTestFinished } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { createLogger } from "#kit/logger.ts";
import { parseControl } from "#mqtt/control.ts";
import { Framer } from "#mqtt/framer.ts";
import { keepLink } from "#uplink/kept-link.ts";
import { RetainedFull } from "../../../gateway/retained/retained-budget.ts";
import { KnownTopics, takeDown } from "../../../gateway/uplink/down-link.ts";
import { until } from "../../support/until.ts";

const POST = { tenant: "chel", device: "post-1" };

/** A parent that grants everything but `refused`, and then sends these publishes; shows what it was told. */
async function startParent(publishes: readonly IPublishPacket[], refused = "none") {
  const told: Packet[] = [];
  const server = createServer((socket) => {
    const framer = new Framer(1024 * 1024);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) =>
      framer.push(chunk, (frame) => {
        const packet = parseControl(frame);
        told.push(packet);
        if (packet.cmd === "connect") socket.write(generate({ cmd: "connack", returnCode: 0, sessionPresent: false }));
        if (packet.cmd !== "subscribe") return;
        const granted = packet.subscriptions.map(({ topic }) => (topic.includes(refused) ? 0x80 : 1));
        socket.write(generate({ cmd: "suback", messageId: packet.messageId ?? 0, granted }));
        for (const publish of publishes) socket.write(generate(publish));
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");
  return { url: `mqtt://127.0.0.1:${address.port}`, told };
}

const retained = (topic: string, messageId: number): IPublishPacket => ({
  cmd: "publish",
  topic,
  payload: "what the city has",
  messageId,
  qos: 1,
  retain: true,
  dup: false,
});

function takeFrom(url: string, tenants: readonly string[]) {
  const kept: { readonly topic: string; readonly done: () => void; readonly fail: (error?: Error) => void }[] = [];
  const answers = new Map<string, boolean>();
  const known = new KnownTopics();
  const link = keepLink({
    login: { url, clientId: "dv:village:down", username: "dv:village" },
    begin: (connection) =>
      takeDown(connection, {
        tenants,
        known,
        retain: ({ topic }) =>
          new Promise<void>((resolve, reject) => {
            kept.push({ topic, done: resolve, fail: (error = new Error("the disk is full")) => reject(error) });
          }),
        onAnswer: (tenant, isRefused) => answers.set(tenant, isRefused),
        onError: () => {},
      }),
    facts: () => ({}),
    random: () => 0,
    log: createLogger("test", "silent"),
  });
  onTestFinished(() => link.close());
  return { kept, answers, known, link };
}

const pubacksIn = (told: readonly Packet[]) =>
  told.filter(({ cmd }) => cmd === "puback").map((packet) => packet.messageId);

describe("what comes down from the parent", () => {
  it("is acknowledged once it is on disk here, not before", async () => {
    const parent = await startParent([retained(topics.stored(POST), 7), retained(topics.desired(POST), 8)]);
    const { kept } = takeFrom(parent.url, ["chel"]);
    await until("the first is to be kept", () => kept.length === 1);
    const before = pubacksIn(parent.told);
    kept[0]?.done();
    await until("the second is to be kept", () => kept.length === 2);

    expect(before).toEqual([]);
    await until("the first is acknowledged", () => pubacksIn(parent.told).length === 1);
    expect(pubacksIn(parent.told)).toEqual([7]);
  });

  it("is asked for again over a new connection where the disk did not take it", async () => {
    const parent = await startParent([retained(topics.stored(POST), 7)]);
    const { kept, link } = takeFrom(parent.url, ["chel"]);
    await until("it is to be kept", () => kept.length === 1);
    kept[0]?.fail();
    await until("it comes again", () => kept.length === 2);

    expect(pubacksIn(parent.told)).toEqual([]);
    expect(link.status().connections).toBe(2);
  });

  it("holds up nothing else where there is no room for it", async () => {
    const parent = await startParent([retained(topics.stored(POST), 7), retained(topics.desired(POST), 8)]);
    const { kept, link } = takeFrom(parent.url, ["chel"]);
    await until("the first is to be kept", () => kept.length === 1);
    kept[0]?.fail(new RetainedFull("all is used"));
    await until("the second is to be kept", () => kept.length === 2);
    kept[1]?.done();

    await until("the connection goes on", () => pubacksIn(parent.told).includes(8));
    expect(link.status().connections).toBe(1);
  });

  it("is not written again where it lies here already, and nothing is taken that was not asked for", async () => {
    const foreign = topics.stored({ tenant: "kopeysk", device: "post-2" });
    const ofDevice = topics.reported(POST);
    const parent = await startParent([
      retained(foreign, 1),
      retained(ofDevice, 2),
      retained(topics.desired(POST), 3),
      retained(topics.stored(POST), 4),
    ]);
    const { kept, known } = takeFrom(parent.url, ["chel"]);
    known.note(topics.desired(POST), Buffer.from("what the city has"));

    await until("what is new is to be kept", () => kept.length === 1);
    expect(kept[0]?.topic).toBe(topics.stored(POST));
    await until("the others are acknowledged", () => pubacksIn(parent.told).length === 3);
    expect(pubacksIn(parent.told)).toEqual([1, 2, 3]);
  });

  it("says of each tenant whether the parent grants it", async () => {
    const parent = await startParent([], "kopeysk");
    const { answers } = takeFrom(parent.url, ["chel", "kopeysk"]);

    await until("both are answered", () => answers.size === 2);
    expect([...answers]).toEqual([
      ["chel", false],
      ["kopeysk", true],
    ]);
    const asked = parent.told.flatMap((packet) => (packet.cmd === "subscribe" ? packet.subscriptions : []));
    expect(asked.map(({ topic }) => topic)).toContain(filters.desired("chel"));
  });
});
