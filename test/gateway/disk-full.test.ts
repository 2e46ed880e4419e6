import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { connectConsumer } from "#mqtt/consumer-client.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { maySmallDisk, mountSmallDisk } from "../support/small-disk.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

describe("a gateway on a full disk", () => {
  it.skipIf(!maySmallDisk)(
    "acknowledges nothing, says so, and recovers without a restart (needs the right to mount a tmpfs)",
    async () => {
      const disk = await mountSmallDisk(join(await tempFolder(), "small"), 4);
      const gateway = await startTestGateway({
        clients: ["demo:truck-1"],
        settings: { DATA_DIR: disk.folder, LOG_LEVEL: "silent" },
      });
      const connect = () =>
        connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });
      const topic = topics.data({ tenant: "demo", device: "truck-1" }, "chunk");
      const first = await connect();
      first.send(aPublish(topic, 1));
      await first.receive("puback");
      await disk.fill();

      first.send(...Array.from({ length: 30 }, (_, i) => aPublish(topic, i + 2, Buffer.alloc(30_000))));
      await first.closed();

      const full = await gateway.health();
      expect(full.status).toBe("unhealthy");
      expect(full.refused["journal-unavailable"]).toBeGreaterThan(0);

      await disk.empty();
      await until("it is healthy again", async () => (await gateway.health()).status === "ok");
      const second = await connect();
      second.send(aPublish(topic, 1));
      await second.receive("puback");
      const acknowledged = [...first.received, ...second.received].filter(({ cmd }) => cmd === "puback").length;
      expect((await gateway.health()).journal.pending.chunk).toBe(acknowledged);
    },
    60_000,
  );

  it.skipIf(!maySmallDisk)(
    "takes messages again once its consumer has caught up, though nobody makes room (needs the right to mount a tmpfs)",
    async () => {
      const disk = await mountSmallDisk(join(await tempFolder(), "small"), 8);
      const gateway = await startTestGateway({
        clients: ["demo:truck-1", "dv:cloud"],
        settings: { DATA_DIR: disk.folder, LOG_LEVEL: "silent" },
      });
      const connect = () =>
        connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });
      const topic = topics.data({ tenant: "demo", device: "truck-1" }, "reading");
      const first = await connect();
      first.send(...Array.from({ length: 500 }, (_, i) => aPublish(topic, i + 1, Buffer.alloc(2_000, i))));
      await first.receive("puback", 500);
      await disk.fill();
      first.send(...Array.from({ length: 2_000 }, (_, i) => aPublish(topic, i + 501, Buffer.alloc(2_000, i))));
      await first.closed();

      const consumer = await connectConsumer({
        url: gateway.url,
        clientId: "dv:cloud:air",
        username: "dv:cloud",
        password: gateway.tokenOf("dv:cloud"),
        filters: [filters.shared("air", filters.data("reading"))],
        keepaliveS: 10,
        onMessage: (message) => message.acknowledge(),
        onClose: () => {},
      });
      await until("it is healthy again", async () => {
        const { status, journal } = await gateway.health();
        return status === "ok" && journal.pending.reading === 0;
      });
      // A round that does not fit into what was freed is refused as a whole or in part: a device comes again with the rest.
      for (let round = 0; round < 10; round += 1) {
        const waiting = new Set(Array.from({ length: 200 }, (_, i) => i + 1));
        await until("the round is acknowledged", async () => {
          const client = await connect();
          client.send(...[...waiting].map((id) => aPublish(topic, id, Buffer.alloc(2_000, id))));
          await Promise.race([client.closed(), client.receive("puback", waiting.size)]);
          for (const packet of client.received) if (packet.cmd === "puback") waiting.delete(packet.messageId ?? 0);
          client.socket.destroy();
          return waiting.size === 0;
        });
      }
      await consumer.close();
    },
    60_000,
  );
});
