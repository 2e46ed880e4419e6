import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { encode } from "#contract/codec.ts";
import { RECORD_CLASSES, topics } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/logger.ts";
import { gatewayBudget } from "../../../gateway/own/journal-budget.ts";
import { openAside } from "../../../gateway/uplink/aside.ts";
import { ASIDE_CLASS, UPLINK_READER } from "../../../gateway/uplink/journal-layout.ts";
import { aPhoto } from "../../support/builders.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const classes = [...RECORD_CLASSES, ASIDE_CLASS];
const isOfChel = ({ topic }: { readonly topic: string }) => topic.includes("/chel/");
const recordOf = (seq: number, tenant: string, text: string) => ({
  seq,
  topic: topics.data({ tenant, device: "post-1" }, "reading"),
  bytes: Buffer.from(text),
});

const POST = { tenant: "chel", device: "post-1" };
const chunkTopic = topics.data(POST, "chunk");

async function openIn(folder: string, budgetBytes = 64 * 1024 * 1024): Promise<Journal> {
  const file = join(folder, "journal.db");
  const parts = { name: "village", newId: randomUUID, clock: systemClock, log: createLogger("test", "silent") };
  const budget = gatewayBudget(budgetBytes, parts);
  const journal = await openJournal({ file, classes, readers: { [UPLINK_READER]: classes }, budget });
  onTestFinished(() => journal.close());
  return journal;
}

const textsIn = async (journal: Journal, recordClass: string) =>
  (await journal.read(recordClass, journal.cursor(UPLINK_READER, recordClass), 1000)).map(({ bytes }) =>
    Buffer.from(bytes).toString(),
  );

describe("what lies aside", () => {
  it("is taken up where it may go, in its order, and the rest stays", async () => {
    const journal = await openIn(await tempFolder());
    const aside = openAside(journal);
    const tenants = Array.from({ length: 450 }, (_, i) => (i % 3 === 0 ? "chel" : "kopeysk"));
    const lain = tenants.map((tenant, i) => recordOf(i + 1, tenant, `${tenant} ${i}`));
    await aside.put("reading", lain);

    const first = await aside.takeUp(isOfChel, 40);
    const second = await aside.takeUp(isOfChel, 1000);

    const wanted = (tenant: string) => tenants.flatMap((one, i) => (one === tenant ? [`${one} ${i}`] : []));
    expect([first, second]).toEqual([
      { taken: 40, isThrough: false },
      { taken: 110, isThrough: true },
    ]);
    expect(await textsIn(journal, "reading")).toEqual(wanted("chel"));
    expect(await textsIn(journal, ASIDE_CLASS)).toEqual(wanted("kopeysk"));
    await until("it is counted", () => aside.count === 300);
  });

  it("is not touched while none of it may go", async () => {
    const journal = await openIn(await tempFolder());
    const aside = openAside(journal);
    await aside.put("reading", [recordOf(1, "kopeysk", "x")]);

    expect(await aside.takeUp(isOfChel, 1000)).toEqual({ taken: 0, isThrough: true });
    expect(journal.stats().newest).toBe(1);
  });

  it("is still there after a restart", async () => {
    const folder = await tempFolder();
    const journal = await openIn(folder);
    await openAside(journal).put("reading", [recordOf(1, "kopeysk", "x")]);
    await journal.close();

    expect(openAside(await openIn(folder)).count).toBe(1);
  });

  it("loses photos whole where the journal is full, never a chunk alone", async () => {
    const journal = await openIn(await tempFolder(), 1024 * 1024);
    const photos = Array.from({ length: 10 }, (_, i) => aPhoto(Buffer.alloc(80_000, i)).chunks);
    const chunks = photos.flat().map((chunk, i) => ({ seq: i + 1, topic: chunkTopic, bytes: encode(chunk) }));
    await openAside(journal).put("chunk", chunks);
    const visit = { recordClass: "visit", topic: topics.data(POST, "visit"), bytes: Buffer.alloc(30_000) };
    for (let n = 0; n < 20; n += 1) await journal.append([visit]);

    const left = await journal.read(ASIDE_CLASS, 0, 1000);
    const countOf = (sha: string) => left.filter(({ bytes }) => Buffer.from(bytes).includes(sha)).length;
    const counts = photos.map((of) => [countOf(of[0]?.sha ?? ""), of.length]);

    expect(counts.filter(([here]) => here === 0).length).toBeGreaterThan(1);
    expect(counts.filter(([here, all]) => here === all).length).toBeGreaterThan(1);
    expect(counts.filter(([here, all]) => here !== 0 && here !== all)).toEqual([]);
  });
});
