import { describe, expect, it, onTestFinished } from "vitest";
import { filters, RECORD_CLASSES } from "#contract/topics.ts";
import { type Journal, JournalUnavailable } from "#journal/journal.ts";
import { createLogger } from "#kit/logger.ts";
import { nameOfSession } from "../../../gateway/delivery/data-session.ts";
import { DataSessions } from "../../../gateway/delivery/data-sessions.ts";
import { Metrics } from "../../../gateway/metrics.ts";
import { until } from "../../support/until.ts";
import { journalWith, openForGroups, TestConsumer } from "./member-scene.ts";

const log = createLogger("test", "silent");
const LIMITS = { records: 1_000, bytes: 1024 * 1024, awayMs: 60_000 };
const CLIENT = "dv:op";
const DEMO = filters.allData("demo");

const open = () => openForGroups({ own: RECORD_CLASSES });

/** The sessions of a gateway that starts on this journal. */
async function startOn(journal: Journal): Promise<DataSessions> {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const parts = { journal, metrics: new Metrics(clock, log), clock, log, kept: await journal.kept() };
  const sessions = new DataSessions(RECORD_CLASSES, parts, LIMITS);
  onTestFinished(() => sessions.close());
  return sessions;
}

const noteOf = (note: unknown) => Buffer.from(typeof note === "string" ? note : JSON.stringify(note));

describe("the sessions of a gateway that starts", () => {
  it("are without one whose reader does not read every class, and nothing is kept for it", async () => {
    const journal = await open();
    await journal.addReader(nameOfSession(CLIENT), RECORD_CLASSES.slice(1));
    await journal.keep(nameOfSession(CLIENT), noteOf({ filters: [DEMO], isLasting: true, awaySinceMs: 0 }));

    const sessions = await startOn(journal);

    expect(sessions.kindOf(CLIENT)).toBe("none");
    await until("its reader is gone", () => journal.addedReaders().length === 0);
  });
});

describe("a passing session", () => {
  it("is its connection's alone, and ends with it, even where that goes first", async () => {
    const sessions = await startOn(await open());
    const [first, second] = [new TestConsumer(10).session, new TestConsumer(10).session];
    const subscribing = sessions.subscribe(CLIENT, first, false, [DEMO]);
    sessions.left(CLIENT, first);
    await subscribing;
    await sessions.subscribe(CLIENT, second, true, [filters.data("visit", "demo")]);

    sessions.left(CLIENT, first);
    sessions.join(CLIENT, second);

    expect(sessions.kindOf(CLIENT)).toBe("lasting");
    expect(sessions.status.map(({ members }) => members)).toEqual([1]);
    await sessions.subscribe(CLIENT, first, false, [DEMO]);
    sessions.left(CLIENT, second);
    expect(sessions.kindOf(CLIENT)).toBe("passing");
    sessions.left(CLIENT, first);
    await until("it has ended", () => sessions.kindOf(CLIENT) === "none");
  });
});

describe("a session that has ended", () => {
  it("is taken away again and again until the disk takes it", async () => {
    const plain = await open();
    let refusals = 2;
    const removeReader = async (reader: string) => {
      if (refusals > 0) {
        refusals -= 1;
        throw new JournalUnavailable("disk I/O error");
      }
      await plain.removeReader(reader);
    };
    const sessions = await startOn(journalWith(plain, { removeReader }));
    await sessions.subscribe(CLIENT, new TestConsumer(10).session, true, [DEMO]);

    await expect(sessions.end(CLIENT)).rejects.toThrow("disk I/O error");

    await until("its reader is gone", () => plain.addedReaders().length === 0);
    expect(refusals).toBe(0);
    expect([...(await plain.kept()).keys()]).toEqual([]);
  });
});
