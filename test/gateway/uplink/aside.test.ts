import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { RECORD_CLASSES, topics } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { openAside } from "../../../gateway/uplink/aside.ts";
import { ASIDE_CLASS, UPLINK_READER } from "../../../gateway/uplink/journal-layout.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const classes = [...RECORD_CLASSES, ASIDE_CLASS];
const isOfChel = ({ topic }: { readonly topic: string }) => topic.includes("/chel/");
const recordOf = (seq: number, tenant: string, text: string) => ({
  seq,
  topic: topics.data({ tenant, device: "post-1" }, "reading"),
  bytes: Buffer.from(text),
});

async function openIn(folder: string): Promise<Journal> {
  const file = join(folder, "journal.db");
  const journal = await openJournal({ file, classes, readers: { [UPLINK_READER]: classes } });
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
});
