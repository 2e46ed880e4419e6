import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { RECORD_CLASSES, topics } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { openAside } from "../../../gateway/uplink/aside.ts";
import { AsideRounds } from "../../../gateway/uplink/aside-rounds.ts";
import { ASIDE_CLASS, UPLINK_READER } from "../../../gateway/uplink/journal-layout.ts";
import { RefusedBytes } from "../../../gateway/uplink/refused-bytes.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const classes = [...RECORD_CLASSES, ASIDE_CLASS];
const topic = topics.data({ tenant: "chel", device: "post-1" }, "reading");
const recordOf = (seq: number) => ({ seq, topic, bytes: Buffer.from(`${seq}`) });

/** A journal in which so many records lie aside, and all may go up. */
async function setUp(count: number) {
  const file = join(await tempFolder(), "journal.db");
  const journal = await openJournal({ file, classes, readers: { [UPLINK_READER]: classes } });
  onTestFinished(() => journal.close());
  const aside = openAside(journal);
  const refused = new RefusedBytes();
  const time = { ms: 0 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  await aside.put(
    "reading",
    Array.from({ length: count }, (_, i) => recordOf(i + 1)),
  );
  const rounds = new AsideRounds({ journal, aside, refused, clock, mayGoUp: () => true });
  const bringUp = () => journal.advance(UPLINK_READER, "reading", journal.newest());
  return { rounds, refused, time, bringUp };
}

describe("what lies aside and may go up", () => {
  it("is taken up a few at a time, then more, each time once nothing else waits, and few again after a blame", async () => {
    const { rounds, bringUp } = await setUp(60);
    rounds.begin();

    const first = await rounds.look();
    const meanwhile = await rounds.look();
    bringUp();
    const second = await rounds.look();
    bringUp();
    rounds.slowDown();
    const third = await rounds.look();

    expect([first, meanwhile, second, third]).toEqual([8, 0, 16, 8]);
  });

  it("is not taken up where the parent refused just those bytes, until a day later", async () => {
    const { rounds, refused, time } = await setUp(3);
    for (const seq of [1, 2, 3]) refused.note(recordOf(seq));
    rounds.begin();

    const first = await rounds.look();
    time.ms += 25 * 3_600_000;

    expect([first, await rounds.look()]).toEqual([0, 3]);
  });
});
