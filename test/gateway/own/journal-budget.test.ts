import { describe, expect, it } from "vitest";
import { decode, encode } from "#contract/codec.ts";
import type { Gap, Message } from "#contract/messages.ts";
import { CONSUMER_GROUPS, filters, topics } from "#contract/topics.ts";
import { countOf } from "#kit/ranges.ts";
import { type ConsumedMessage, connectConsumer } from "#mqtt/consumer-client.ts";
import { gatewaysOf } from "../../../cloud/ingest/gateways.ts";
import { createPairMemory } from "../../../cloud/ingest/pair-memory.ts";
import { storeMessages } from "../../../cloud/ingest/store-messages.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { logRangesOf } from "../../../cloud/store/state/log-book.ts";
import { aHealth, aPhoto, aRegistry, NOON, TRUCK } from "../../support/builders.ts";
import { aPublish, connectRaw } from "../../support/raw-mqtt.ts";
import { openStateFiles } from "../../support/state-files.ts";
import { type RunningGateway, startGatewayHere, startTestGateway } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const TRUCK_ID = `${TRUCK.tenant}:${TRUCK.device}`;
const CLIENTS = [TRUCK_ID, "dv:cloud"];
const SETTINGS = { JOURNAL_BYTES: String(1024 * 1024), GATEWAY_NAME: "yard", LOG_LEVEL: "silent" };
/** Twice as many bytes of photos as the budget holds. */
const PHOTOS = 20;

/** Photos of four pieces and a health message after each: numbers 1 to 6 × PHOTOS of the truck's log. */
const everything = (): Message[] =>
  Array.from({ length: PHOTOS }, (_, i) => {
    const { notice, chunks } = aPhoto(Buffer.alloc(120_000, i), { seq: i * 6 + 1 });
    return [notice, ...chunks, aHealth({ seq: i * 6 + 6 })];
  }).flat();

async function publishAll(gateway: RunningGateway, messages: readonly Message[]): Promise<void> {
  const truck = await connectRaw(gateway.port, { clientId: TRUCK_ID, token: gateway.tokenOf(TRUCK_ID) });
  for (const [i, message] of messages.entries()) {
    truck.send(aPublish(topics.data(TRUCK, message.kind), i + 1, Buffer.from(encode(message))));
    await truck.receive("puback", i + 1);
  }
}

/** Takes everything for the group `sites` and acknowledges it. */
async function consume(gateway: RunningGateway): Promise<ConsumedMessage[]> {
  const messages: ConsumedMessage[] = [];
  const consumer = await connectConsumer({
    url: gateway.url,
    clientId: "dv:cloud:sites",
    username: "dv:cloud",
    password: gateway.tokenOf("dv:cloud"),
    filters: CONSUMER_GROUPS.sites.map((stream) => filters.shared("sites", filters.data(stream))),
    keepaliveS: 10,
    onMessage: (message) => {
      messages.push(message);
      message.acknowledge();
    },
    onClose: () => {},
  });
  await until("everything is consumed", async () =>
    Object.values((await gateway.health()).journal.pending).every((count) => count === 0),
  );
  await consumer.close();
  return messages;
}

const gapsIn = (messages: readonly ConsumedMessage[]): Gap[] =>
  messages
    .map(({ topic, payload }) => decode(topic, payload).message)
    .filter((message): message is Gap => message.kind === "gap");

describe("a gateway whose journal has reached its budget", () => {
  it("drops whole photos, oldest first, and the city counts each of their numbers as lost", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS, settings: SETTINGS });
    await publishAll(gateway, everything());
    const { journal } = await gateway.health();

    const messages = await consume(gateway);

    const { state, shelf, view } = await openStateFiles();
    const registry = indexRegistry(aRegistry());
    const gateways = gatewaysOf("yard=*");
    const parts = {
      registry: () => registry,
      nowMs: () => NOON,
      onInternal: () => {},
      onRefusedGap: () => {},
      pairs: createPairMemory(),
    };
    const stores = { state, shelf, gateways, ...parts };
    storeMessages(messages, stores);
    const { received, lost } = state.read((sql) => logRangesOf(sql, { ...TRUCK, log: "log-truck" }));
    const ofTruck = gapsIn(messages).filter(({ lostDevice }) => lostDevice === TRUCK.device);
    const left = messages.filter(({ topic }) => topic.endsWith("/chunk")).length;
    expect(ofTruck).toMatchObject([{ lostTenant: TRUCK.tenant, class: "chunk", by: "dv:yard" }]);
    expect(left % 4).toBe(0);
    expect(received).toEqual([[1, PHOTOS * 6]]);
    expect(countOf(lost)).toBe(PHOTOS * 4 - left);
    expect(lost[0]).toEqual([2, 5]);
    expect(journal.dropped).toMatchObject({ chunk: PHOTOS * 4 - left, health: 0, visit: 0 });
    expect(view.deadLetters(10)).toEqual([]);
  }, 60_000);

  it("names its own replaced gaps too, and goes on numbering after a kill", async () => {
    const gateway = await startTestGateway({ clients: CLIENTS, settings: SETTINGS });
    const messages = everything();
    await publishAll(gateway, messages.slice(0, 90));
    await gateway.kill();
    await gateway.restart();
    await publishAll(gateway, messages.slice(90));

    const gaps = gapsIn(await consume(gateway));

    const ownLog = gaps[0]?.log ?? "";
    const ownLost = gaps.filter(({ lostLog }) => lostLog === ownLog).flatMap(({ ranges }) => ranges);
    const named = ownLost.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
    const seqs = gaps.map(({ seq }) => seq);
    expect(new Set(gaps.map(({ log }) => log)).size).toBe(1);
    expect([...seqs, ...named].sort((a, b) => a - b)).toEqual(
      Array.from({ length: Math.max(...seqs) }, (_, i) => i + 1),
    );
    expect(named.length).toBeGreaterThan(0);
  }, 60_000);
});
