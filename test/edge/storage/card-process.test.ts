import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decode } from "#contract/codec.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";
import { startAedesBroker } from "../support/aedes-broker.ts";

describe.skipIf(process.platform !== "linux")("the program on a card that it wears", () => {
  it("counts what it writes over power cuts, packs longer beyond its budget, and loses nothing", async () => {
    const folder = await tempFolder();
    const climate = join(folder, "iio", "iio:device0");
    await mkdir(climate, { recursive: true });
    await writeFile(join(climate, "name"), "bme280\n");
    await writeFile(join(climate, "in_temp_input"), "21500\n");
    const broker = await startAedesBroker(await freePort());
    const messages = () =>
      broker.received
        .filter(({ topic }) => topic.includes("/d/"))
        .map(({ topic, payload }) => decode(topic, payload).message);
    const packs = () => messages().flatMap((message) => (message.kind === "reading" ? [message.samples.length] : []));
    const edge = await startTestEdge({
      folder,
      brokerUrl: broker.url,
      settings: {
        IIO_DIR: join(folder, "iio"),
        READING_EVERY_S: "0.05",
        HEALTH_EVERY_S: "0.2",
        POWER_EVERY_S: "0.1",
        CARD_BUDGET_MB: "8",
        OUTBOX_BYTES: String(1024 * 1024),
      },
    });
    await until("something is written", async () => (await edge.status()).card.today.ownBytes > 500_000, 90_000);
    const { card: before } = await edge.status();
    await edge.kill();
    await edge.start();
    const { card: after } = await edge.status();

    await until("it packs longer", () => packs().includes(10), 120_000);
    const facts = () =>
      messages().flatMap((message) => (message.kind === "health" && message.facts ? [message.facts] : []));
    await until("health tells of it", () => facts().some(({ parts }) => parts?.card === "worn"), 60_000);
    const { card, errors } = await edge.status();
    await edge.stop();

    expect(before).toMatchObject({ isOver: false, packFactor: 1, budgetBytes: 8_000_000 });
    expect(after.today.ownBytes).toBeGreaterThan(0.7 * before.today.ownBytes);
    expect(card).toMatchObject({ isOver: true, packFactor: 10 });
    expect(errors["card-over-budget"]).toBe(1);
    expect(facts().at(-1)).toMatchObject({ written: { own: expect.any(Number) } });
    const seqs = [...new Set(messages().map(({ seq }) => seq))].sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  }, 240_000);
});
