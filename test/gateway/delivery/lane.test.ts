import { expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { aGroup, journalWith, openForGroups, TestConsumer } from "./member-scene.ts";

const MIB = 1024 * 1024;
const aRecord = { recordClass: "reading", topic: "dv1/demo/truck-0/d/reading", bytes: Buffer.alloc(64 * 1024) };

it("a member that catches up with large messages has some megabytes of them waiting in memory, not a thousand", async () => {
  const plain = await openForGroups({ air: ["reading"] });
  for (let i = 0; i < 8; i += 1) await plain.append(Array.from({ length: 50 }, () => aRecord));
  let readBytes = 0;
  const journal = journalWith(plain, {
    read: async (recordClass, after, limit) => {
      const records = await plain.read(recordClass, after, limit);
      readBytes += records.reduce((sum, { bytes }) => sum + bytes.length, 0);
      return records;
    },
  });
  const consumer = new TestConsumer(10);
  consumer.session.join(aGroup("air", ["reading"], journal));

  let mostWaiting = 0;
  for (let i = 0; i < 200; i += 1) {
    await until("a full window", () => consumer.held === 10);
    // Two answers of the journal's thread: what was being read has come.
    await plain.read("reading", 0, 1);
    await plain.read("reading", 0, 1);
    mostWaiting = Math.max(mostWaiting, readBytes - consumer.bytes);
    consumer.acknowledge(1);
  }

  expect(consumer.bytes).toBeGreaterThan(12 * MIB);
  expect(mostWaiting).toBeLessThan(9 * MIB);
});
