import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { limits } from "#contract/limits.ts";
import type { Sample } from "#contract/messages.ts";
import { RECORD_CLASSES, topics } from "#contract/topics.ts";
import { type Journal, JournalUnavailable } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { startSender } from "#uplink/sender.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { openJournalOutbox, UPLINK_READER } from "../../../edge/outbox/journal-outbox.ts";
import type { NewReading } from "../../../edge/outbox/new-message.ts";
import { setAsideTooLarge } from "../../../edge/outbox/too-large.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { quiet, stillTime } from "../support/fakes.ts";
import { aReading } from "../support/messages.ts";

const DEVICE = { tenant: "demo", device: "post-1" };

async function open() {
  const file = join(await tempFolder(), "outbox.sqlite");
  const journal = await openJournal({ file, classes: RECORD_CLASSES, readers: { [UPLINK_READER]: RECORD_CLASSES } });
  onTestFinished(() => journal.close());
  const kept = openJournalOutbox(journal, DEVICE, "log-1");
  const counters = createCounters();
  const parts = { address: DEVICE, time: stillTime, counters, log: quiet };
  return { journal, kept, counters, parts };
}

/** As a version left it that did not look at the size. */
const poison = (journal: Journal) =>
  journal.append([
    {
      recordClass: "reading",
      topic: topics.data(DEVICE, "reading"),
      bytes: Buffer.from(`{"x":"${"x".repeat(limits.packetBytes)}"}`),
    },
  ]);

describe("the outbox", () => {
  it("refuses a message that fits into no packet, and keeps nothing of what came with it", async () => {
    const { kept } = await open();
    const [sample] = aReading().samples;
    const samples: Sample[] = Array.from({ length: 20_000 }, (_, i) => ({
      at: null,
      values: {},
      ...sample,
      up: i ** 2,
    }));
    const large: NewReading = { ...aReading(), samples };

    await expect(kept.append([aReading(), large])).rejects.toMatchObject({ code: "message-too-large", retry: false });
    expect(kept.pending().total).toBe(0);
  });
});

describe("setAsideTooLarge", () => {
  it("passes what fits into no packet once a gap on disk names it, and says so once over many connections", async () => {
    const { journal, kept, counters, parts } = await open();
    await kept.append([aReading(1)]);
    await poison(journal);
    await kept.append([aReading(2)]);
    const outbox = setAsideTooLarge(kept, parts);
    const sent: string[] = [];
    const connect = (isAcknowledging: boolean) => {
      const publish = (_topic: string, bytes: Uint8Array, onAcknowledged: () => void) => {
        expect(bytes.length).toBeLessThan(limits.packetBytes);
        sent.push(Buffer.from(bytes).toString());
        if (isAcknowledging) onAcknowledged();
      };
      const sender = startSender(outbox, publish, 64, (error) => {
        throw error;
      });
      onTestFinished(() => sender.stop());
      return sender;
    };

    const first = connect(false);
    await until("all are sent", () => sent.length === 3);
    first.stop();
    connect(true);
    await until("nothing waits", () => kept.pending().total === 0);

    const gaps = new Set(sent.filter((text) => text.includes('"kind":"gap"')));
    expect([...gaps].map((text) => JSON.parse(text))).toEqual([
      expect.objectContaining({
        ...{ seq: 4, lostLog: "log-1", class: "reading", ranges: [[2, 2]] },
        ...{ reason: "too-large", by: "demo:post-1" },
      }),
    ]);
    expect(counters.snapshot()).toEqual({ "dropped-reading": 1 });
  });

  it("passes nothing while the disk does not take the gap", async () => {
    const { journal, kept, parts } = await open();
    await kept.append([aReading(1)]);
    await poison(journal);
    let isFull = true;
    const append: typeof kept.append = async (messages) => {
      if (isFull) throw new JournalUnavailable("the disk is full");
      await kept.append(messages);
    };
    const outbox = setAsideTooLarge({ ...kept, append }, parts);

    expect((await outbox.read("reading", 0, 10)).map(({ seq }) => seq)).toEqual([1]);
    expect(await outbox.read("reading", 1, 10)).toEqual([]);
    isFull = false;
    expect(await outbox.read("reading", 1, 10)).toMatchObject([{ seq: 2, unsent: "elsewhere" }]);
  });
});
