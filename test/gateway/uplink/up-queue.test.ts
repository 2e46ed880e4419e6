import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { RECORD_CLASSES, type RecordClass, topics } from "#contract/topics.ts";
import { type Journal, JournalUnavailable } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { startSender } from "#uplink/sender.ts";
import { openAside } from "../../../gateway/uplink/aside.ts";
import { ASIDE_CLASS, UPLINK_READER } from "../../../gateway/uplink/journal-layout.ts";
import { RefusedBytes } from "../../../gateway/uplink/refused-bytes.ts";
import type { Verdict } from "../../../gateway/uplink/tenants.ts";
import { upQueue } from "../../../gateway/uplink/up-queue.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const classes = [...RECORD_CLASSES, ASIDE_CLASS];
const blamesNobody = { isBlamed: () => false, isHeld: () => false };

async function openHere(): Promise<Journal> {
  const file = join(await tempFolder(), "journal.db");
  const journal = await openJournal({ file, classes, readers: { [UPLINK_READER]: classes } });
  onTestFinished(() => journal.close());
  return journal;
}

const recordOf = (tenant: string, recordClass: RecordClass, text: string) => ({
  recordClass,
  topic: topics.data({ tenant, device: "post-1" }, recordClass),
  bytes: Buffer.from(text),
});

/** Sends a queue to a parent that acknowledges everything at once; gives what it got. */
function send(queue: ReturnType<typeof upQueue>): readonly string[] {
  const got: string[] = [];
  const publish = (_topic: string, bytes: Uint8Array, onAcknowledged: () => void) => {
    got.push(Buffer.from(bytes).toString());
    setImmediate(onAcknowledged);
  };
  const sender = startSender(queue, publish, 64, (error) => {
    throw error;
  });
  onTestFinished(() => sender.stop());
  return got;
}

describe("the journal on its way up", () => {
  it("holds a tenant's records until the parent has answered for it, then sends them or puts them aside", async () => {
    const journal = await openHere();
    const answers = new Map<string, Verdict>([["chel", "yes"]]);
    const verdictOn = (topic: string) => answers.get(topic.split("/")[1] ?? "") ?? "unanswered";
    const aside = openAside(journal);
    await journal.append([
      recordOf("chel", "reading", "before"),
      recordOf("kopeysk", "reading", "to be granted"),
      recordOf("miass", "reading", "to be refused"),
      recordOf("chel", "reading", "behind"),
      recordOf("chel", "chunk", "of another class"),
    ]);
    const queue = upQueue(journal, { aside, blame: blamesNobody, refused: new RefusedBytes(), verdictOn });

    const got = send(queue);
    await until("the rest is sent", () => got.length === 2);
    const unanswered = [...got];
    answers.set("kopeysk", "yes").set("miass", "no");
    queue.lookAgain();
    await until("all is decided", () => got.length === 4);

    expect(unanswered).toEqual(["before", "of another class"]);
    expect(got).toEqual(["before", "of another class", "to be granted", "behind"]);
    await until("one lies aside", () => aside.count === 1);
    await until("the mark is at the end", () => journal.cursor(UPLINK_READER, "reading") === 4);
  });

  it("goes on in every class although the disk does not take aside what may not go, and passes that once it does", async () => {
    const journal = await openHere();
    const aside = openAside(journal);
    let isFull = true;
    const onFullDisk = {
      has: aside.has,
      put: async (...records: Parameters<typeof aside.put>) => {
        if (isFull) throw new JournalUnavailable("database or disk is full");
        await aside.put(...records);
      },
    };
    const verdictOn = (topic: string): Verdict => (topic.includes("/chel/") ? "yes" : "no");
    await journal.append([
      recordOf("chel", "reading", "before"),
      recordOf("kopeysk", "reading", "barred"),
      ...Array.from({ length: 70 }, (_, i) => recordOf("chel", "reading", `behind ${i}`)),
      recordOf("chel", "chunk", "of another class"),
    ]);
    const queue = upQueue(journal, { aside: onFullDisk, blame: blamesNobody, refused: new RefusedBytes(), verdictOn });

    const got = send(queue);
    await until("what stands before it is sent", () => got.length === 2);
    await until("the mark has moved", () => journal.cursor(UPLINK_READER, "reading") === 1);
    await journal.append([recordOf("chel", "alert", "of meanwhile")]);
    await until("the alert is sent", () => got.includes("of meanwhile"));
    queue.lookAgain();
    isFull = false;
    await until("the rest is sent", () => {
      queue.lookAgain();
      return got.length === 73;
    });

    expect(got.slice(0, 3)).toEqual(["before", "of another class", "of meanwhile"]);
    expect(got).not.toContain("barred");
    await until("one lies aside", () => aside.count === 1);
  });

  it("puts a record aside once, however many connections break before what was sent ahead of it is acknowledged", async () => {
    const journal = await openHere();
    const aside = openAside(journal);
    const verdictOn = (topic: string): Verdict => (topic.includes("/chel/") ? "yes" : "no");
    await journal.append([
      recordOf("chel", "reading", "never acknowledged"),
      ...Array.from({ length: 50 }, (_, i) => recordOf("kopeysk", "reading", `barred ${i}`)),
    ]);

    for (let connection = 0; connection < 5; connection += 1) {
      const queue = upQueue(journal, { aside, blame: blamesNobody, refused: new RefusedBytes(), verdictOn });
      const read = await queue.read("reading", queue.acknowledged("reading"), 64);
      expect(read.filter(({ unsent }) => unsent === "elsewhere")).toHaveLength(50);
    }

    expect(journal.stats().newest).toBe(101);
  });

  it("puts a record that was blamed aside at once when it comes again under another number", async () => {
    const journal = await openHere();
    const aside = openAside(journal);
    const refused = new RefusedBytes();
    const blame = { isBlamed: (seq: number) => seq === 1, isHeld: () => false };
    await journal.append([recordOf("chel", "reading", "poison"), recordOf("chel", "reading", "poison")]);
    await journal.append([recordOf("chel", "reading", "of use")]);

    const got = send(upQueue(journal, { aside, blame, refused, verdictOn: () => "yes" }));
    await until("what is of use is sent", () => got.length > 0);

    expect(got).toEqual(["of use"]);
    await until("both lie aside", () => aside.count === 2);
  });
});
