import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { startSender } from "#uplink/sender.ts";
import { holdInBursts } from "../../../edge/outbox/burst-outbox.ts";
import { openJournalOutbox, UPLINK_READER } from "../../../edge/outbox/journal-outbox.ts";
import type { NewMessage } from "../../../edge/outbox/new-message.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { aReading, STAMP } from "../support/messages.ts";

const HOUR_MS = 3_600_000;
const anAlert: NewMessage = { kind: "alert", ...STAMP, what: "tamper" };

async function open() {
  const readers = { [UPLINK_READER]: RECORD_CLASSES };
  const file = join(await tempFolder(), "outbox.sqlite");
  const journal = await openJournal({ file, classes: RECORD_CLASSES, readers });
  onTestFinished(() => journal.close());
  const outbox = holdInBursts(openJournalOutbox(journal, { tenant: "demo", device: "post-1" }, "log-1"));
  const sent: string[] = [];
  /** A connection that acknowledges everything. */
  const connect = () => {
    const publish = (topic: string, _bytes: Uint8Array, onAcknowledged: () => void) => {
      sent.push(topic.split("/").at(-1) ?? "");
      onAcknowledged();
    };
    const sender = startSender(outbox, publish, 64, (error) => {
      throw error;
    });
    onTestFinished(() => sender.stop());
    return sender;
  };
  return { outbox, sent, connect };
}

describe("holdInBursts", () => {
  it("lets everything go at once where nothing is to be saved", async () => {
    const { outbox, sent, connect } = await open();
    connect();

    await outbox.append([aReading()]);
    await until("it is sent", () => sent.length === 1);
    expect(outbox.keepalive.seconds()).toBeUndefined();
  });

  it("holds readings back, but no alert, until it is time, and then sends all of them", async () => {
    const { outbox, sent, connect } = await open();
    outbox.sendEvery(300);
    connect();
    await until("the first burst is over", async () => (await outbox.read("reading", 0, 1)).length === 0);

    await outbox.append([aReading(1)]);
    await outbox.append([aReading(2)]);
    await outbox.append([anAlert]);
    await until("the alert is sent", () => sent.length > 0);
    expect(sent).toEqual(["alert"]);
    await until("it was time", () => sent.length === 3);
    expect(sent).toEqual(["alert", "reading", "reading"]);
  });

  it("keeps a burst that falls into a time without a link for the next connection, and sends with it what waits", async () => {
    const { outbox, sent, connect } = await open();
    outbox.sendEvery(HOUR_MS);
    await outbox.append([aReading()]);

    connect();
    await until("it is sent", () => sent.length === 1);
    await outbox.append([aReading()]);
    await outbox.append([anAlert]);
    await until("the alert is sent", () => sent.length === 2);
    expect(sent).toEqual(["reading", "alert"]);
  });

  it("lets everything go when the device may do as before, and says how long a connection may be silent", async () => {
    const { outbox, sent, connect } = await open();
    const changes: (number | undefined)[] = [];
    outbox.keepalive.onChange(() => void changes.push(outbox.keepalive.seconds()));
    outbox.sendEvery(HOUR_MS);
    connect();
    await until("the first burst is over", async () => (await outbox.read("reading", 0, 1)).length === 0);
    await outbox.append([aReading()]);
    await outbox.append([anAlert]);
    await until("the alert is sent", () => sent.length === 1);

    outbox.sendEvery(0);
    await until("all is sent", () => sent.length === 2);
    outbox.sendEvery(0);
    expect(changes).toEqual([3_660, undefined]);
  });
});
