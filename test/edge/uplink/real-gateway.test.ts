import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { decode } from "#contract/codec.ts";
import { limits } from "#contract/limits.ts";
import { filters, RECORD_CLASSES, topics } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { connectConsumer } from "#mqtt/consumer-client.ts";
import { openJournalOutbox } from "../../../edge/outbox/journal-outbox.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { startTestGateway, type TestGateway } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { aReading } from "../support/messages.ts";

const DEVICE = { tenant: "demo", device: "post-1" };
const WAITING = 6000;

/** A device's data folder in which so many readings wait already. */
async function fillOutbox(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "outbox.sqlite");
  const journal = await openJournal({ file, classes: RECORD_CLASSES, readers: { uplink: RECORD_CLASSES } });
  const outbox = openJournalOutbox(journal, DEVICE, "log-1");
  await outbox.append(Array.from({ length: WAITING }, (_, i) => aReading(i)));
  await outbox.close();
}

/** Collects the numbers of all readings, for as long as it takes. */
async function readNumbers(gateway: TestGateway): Promise<Set<number>> {
  const numbers = new Set<number>();
  const consumer = await connectConsumer({
    url: gateway.url,
    clientId: "dv:cloud:air",
    username: "dv:cloud",
    password: gateway.tokenOf("dv:cloud"),
    filters: [filters.shared("air", filters.data("reading"))],
    keepaliveS: 10,
    onMessage: ({ topic, payload, acknowledge }) => {
      numbers.add(decode(topic, payload).message.seq);
      acknowledge();
    },
    onClose: () => {},
  });
  onTestFinished(() => consumer.close());
  return numbers;
}

describe("the edge program at the real gateway", () => {
  it("brings everything to a consumer although the gateway is killed and the device too", async () => {
    const folder = await tempFolder();
    await fillOutbox(join(folder, "data"));
    const gateway = await startTestGateway({ clients: ["demo:post-1", "dv:cloud"] });
    const token = gateway.tokenOf("demo:post-1");

    const edge = await startTestEdge({ folder, brokerUrl: gateway.url, ...DEVICE, token });
    await until("some are acknowledged", async () => (await gateway.health()).acknowledged > 50);
    await gateway.restart();
    await until("it goes on", async () => {
      const isEmpty = (await edge.status()).outbox.total === 0;
      return isEmpty || (await gateway.health()).acknowledged > 0;
    });
    await edge.kill();
    await edge.start();
    await until("the outbox is empty", async () => (await edge.status()).outbox.total === 0, 60_000);
    const numbers = await readNumbers(gateway);
    await until("the consumer has all", () => numbers.size >= WAITING, 60_000);

    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: WAITING }, (_, i) => i + 1));
  }, 150_000);

  it("passes a reading that fits into no packet, with a gap that names it, and does not lose its link for it", async () => {
    const folder = await tempFolder();
    const data = join(folder, "data");
    await mkdir(data, { recursive: true });
    const file = join(data, "outbox.sqlite");
    const journal = await openJournal({ file, classes: RECORD_CLASSES, readers: { uplink: RECORD_CLASSES } });
    const outbox = openJournalOutbox(journal, DEVICE, "log-1");
    await outbox.append([aReading(1)]);
    const bytes = Buffer.from(JSON.stringify({ ...aReading(2), note: "x".repeat(limits.packetBytes) }));
    await journal.append([{ recordClass: "reading", topic: topics.data(DEVICE, "reading"), bytes }]);
    await outbox.append([aReading(3)]);
    await outbox.close();
    const gateway = await startTestGateway({ clients: ["demo:post-1", "dv:cloud"] });

    const token = gateway.tokenOf("demo:post-1");
    const edge = await startTestEdge({ folder, brokerUrl: gateway.url, ...DEVICE, token });
    const numbers = await readNumbers(gateway);
    await until("the others arrive", () => numbers.size >= 2, 60_000);
    await until("nothing waits", async () => (await edge.status()).outbox.total === 0, 60_000);
    const { uplink, errors } = await edge.status();

    expect([...numbers].sort()).toEqual([1, 3]);
    expect(uplink).toMatchObject({ connected: true, connections: 1 });
    expect(errors).toMatchObject({ "dropped-reading": 1 });
  }, 150_000);

  it("is told that its token is wrong, and keeps what it has", async () => {
    const folder = await tempFolder();
    await fillOutbox(join(folder, "data"));
    const gateway = await startTestGateway({ clients: ["demo:post-1"] });

    const edge = await startTestEdge({ folder, brokerUrl: gateway.url, ...DEVICE, token: "not-the-right-token" });
    const errors = await until("the refusal is counted", async () => {
      const { errors: counted } = await edge.status();
      return counted["broker-refused"] === undefined ? undefined : counted;
    });

    expect(errors["broker-refused"]).toBeGreaterThanOrEqual(1);
    expect((await edge.status()).outbox.total).toBe(WAITING);
  }, 60_000);
});
