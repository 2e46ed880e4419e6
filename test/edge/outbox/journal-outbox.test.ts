import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { decode } from "#contract/codec.ts";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { openJournalOutbox } from "../../../edge/outbox/journal-outbox.ts";
import type { NewMessage } from "../../../edge/outbox/new-message.ts";
import type { Outbox } from "../../../edge/outbox/outbox.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { aChunk, aReading, STAMP } from "../support/messages.ts";

const DEVICE = { tenant: "demo", device: "post-1" };

async function openOutbox(folder: string, newLog = "log-1", address = DEVICE): Promise<Outbox> {
  const file = join(folder, "outbox.sqlite");
  const journal = await openJournal({ file, classes: RECORD_CLASSES, readers: { uplink: RECORD_CLASSES } });
  onTestFinished(() => journal.close());
  return openJournalOutbox(journal, address, newLog);
}

async function textsOf(outbox: Outbox): Promise<string[]> {
  const texts: string[] = [];
  for (const recordClass of RECORD_CLASSES) {
    const records = await outbox.read(recordClass, 0, 100);
    texts.push(...records.map(({ topic, bytes }) => `${topic} ${Buffer.from(bytes).toString("latin1")}`));
  }
  return texts;
}

const aVisitedPhoto: readonly NewMessage[] = [
  { kind: "photo", ...STAMP, sha: "a".repeat(64), bytes: 3, n: 1 },
  aChunk(Buffer.from([0xff, 0x00, 0x7b])),
];

describe("openJournalOutbox", () => {
  it("gives every message log, seq and id, as the contract wants them", async () => {
    const outbox = await openOutbox(await tempFolder());

    await outbox.append([aReading(), ...aVisitedPhoto]);
    const [reading] = await outbox.read("reading", 0, 10);
    const [chunk] = await outbox.read("chunk", 0, 10);

    const place = (seq: number) => ({ log: "log-1", seq, id: `log-1-${seq}` });
    const decoded = decode(reading?.topic ?? "", reading?.bytes ?? Buffer.of());
    expect(decoded).toEqual({ address: DEVICE, message: { ...aReading(), ...place(1) } });
    expect(decode(chunk?.topic ?? "", chunk?.bytes ?? Buffer.of()).message).toMatchObject({
      ...place(3),
      kind: "chunk",
      bytes: Buffer.from([0xff, 0x00, 0x7b]),
    });
  });

  it("numbers on without a hole after a restart, and what it gave before stays the same to the byte", async () => {
    const folder = await tempFolder();
    const first = await openOutbox(folder);
    await first.append([aReading(1), ...aVisitedPhoto]);
    const before = await textsOf(first);
    await first.close();

    const second = await openOutbox(folder, "log-2");
    await second.append([aReading(2)]);

    expect(second.log).toBe("log-1");
    expect(await textsOf(second)).toEqual(expect.arrayContaining(before));
    expect((await second.read("reading", 0, 10)).map(({ seq }) => seq)).toEqual([1, 4]);
  });

  it("keeps no log before something was appended", async () => {
    const folder = await tempFolder();
    await (await openOutbox(folder)).close();

    expect((await openOutbox(folder, "log-2")).log).toBe("log-2");
  });

  it("commits values with the messages", async () => {
    const folder = await tempFolder();
    const first = await openOutbox(folder);
    await first.append([aReading()], { chainHead: "abc" });
    await first.close();

    expect((await openOutbox(folder)).value("chainHead")).toBe("abc");
  });

  it("forgets what was acknowledged and knows what is pending", async () => {
    const outbox = await openOutbox(await tempFolder());
    await outbox.append([aReading(1), aReading(2), aReading(3)]);

    outbox.acknowledge("reading", 2);
    const pending = await until("the acknowledgement counts", () => {
      const now = outbox.pending();
      return now.total === 1 ? now : undefined;
    });

    expect(outbox.acknowledged("reading")).toBe(2);
    expect(pending).toMatchObject({ total: 1, oldest: 3, trouble: null });
  });

  it("refuses the data folder of another device", async () => {
    const folder = await tempFolder();
    const first = await openOutbox(folder);
    await first.append([aReading()]);
    await first.close();

    await expect(openOutbox(folder, "log-2", { tenant: "demo", device: "post-2" })).rejects.toMatchObject({
      code: "foreign-outbox",
    });
  });

  it.skipIf(!maySmallDisk)(
    "refuses on a full disk without burning a number, and takes again when there is room",
    async () => {
      const disk = await mountSmallDisk(join(await tempFolder(), "disk"), 4);
      const outbox = await openOutbox(disk.folder);
      await outbox.append([aReading()]);
      const big = aChunk(Buffer.alloc(32 * 1024));

      await disk.fill();
      await until("the full disk is told", () =>
        outbox.append([big, big, big, big]).then(
          () => false,
          (error: unknown) => error instanceof Error && "code" in error && error.code === "journal-unavailable",
        ),
      );
      const seqs = (await outbox.read("chunk", 0, 1000)).map(({ seq }) => seq);
      await disk.empty();
      await until("there is room again", () =>
        outbox.append([aReading()]).then(
          () => true,
          () => false,
        ),
      );
      const last = (await outbox.read("reading", 1, 10)).map(({ seq }) => seq);

      expect(last).toEqual([(seqs.at(-1) ?? 1) + 1]);
    },
  );
});
