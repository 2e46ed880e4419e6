import { describe, expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { aGroup, openForGroups, TestConsumer } from "./member-scene.ts";

const aRecord = (recordClass: string) => ({
  recordClass,
  topic: `dv1/demo/truck-0/d/${recordClass}`,
  bytes: Buffer.from("x"),
});

describe("a connection that is a member of two groups", () => {
  it("gets the one's messages once it has acknowledged the other's, which filled its window", async () => {
    const journal = await openForGroups({ air: ["reading"], sites: ["visit"] });
    await journal.append([...Array.from({ length: 10 }, () => aRecord("reading")), aRecord("visit")]);
    const consumer = new TestConsumer(10);
    consumer.session.join(aGroup("air", ["reading"], journal));
    consumer.session.join(aGroup("sites", ["visit"], journal));
    await until("a full window", () => consumer.held === 10);

    consumer.acknowledge(10);

    await until("the other group's", () => consumer.classes.at(-1) === "visit");
  });

  it("gets from both while each could fill its window for ever", async () => {
    const journal = await openForGroups({ air: ["reading"], sites: ["visit"] });
    await journal.append(["reading", "visit"].flatMap((name) => Array.from({ length: 100 }, () => aRecord(name))));
    const consumer = new TestConsumer(10);
    consumer.session.join(aGroup("air", ["reading"], journal));
    consumer.session.join(aGroup("sites", ["visit"], journal));

    for (let round = 0; round < 6; round += 1) {
      await until("a full window", () => consumer.held === 10);
      consumer.acknowledge(10);
    }

    expect(new Set(consumer.classes)).toEqual(new Set(["reading", "visit"]));
  });
});
