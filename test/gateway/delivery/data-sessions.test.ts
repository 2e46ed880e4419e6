import { describe, expect, it, onTestFinished } from "vitest";
import { filters, RECORD_CLASSES } from "#contract/topics.ts";
import { type Journal, JournalUnavailable } from "#journal/journal.ts";
import { createLogger } from "#kit/logger.ts";
import { nameOfSession } from "../../../gateway/delivery/data-session.ts";
import { DataSessions } from "../../../gateway/delivery/data-sessions.ts";
import { handedOutBefore } from "../../../gateway/delivery/handed-out.ts";
import { keptNotes } from "../../../gateway/delivery/kept-notes.ts";
import { Metrics } from "../../../gateway/metrics.ts";
import { until } from "../../support/until.ts";
import { journalWith, openForGroups, TestConsumer } from "./member-scene.ts";

const log = createLogger("test", "silent");
const LIMITS = { records: 1_000, bytes: 1024 * 1024, awayMs: 60_000 };
const CLIENT = "dv:op";
const DEMO = filters.allData("demo");

const open = () => openForGroups({ own: RECORD_CLASSES });

const aClock = () => {
  const clock = { utcMs: 0, upMs: 0, nowMs: () => clock.utcMs, monotonicMs: () => clock.upMs };
  return clock;
};

/** The sessions of a gateway that starts on this journal. */
async function startOn(journal: Journal, clock = aClock()): Promise<DataSessions> {
  const parts = { journal, metrics: new Metrics(clock, log), clock, log, kept: await keptNotes(journal) };
  const sessions = new DataSessions(RECORD_CLASSES, parts, LIMITS);
  onTestFinished(() => sessions.close());
  return sessions;
}

const noteOf = (note: unknown) => Buffer.from(typeof note === "string" ? note : JSON.stringify(note));

describe("the sessions of a gateway that starts", () => {
  it("are without one whose reader does not read every class, and nothing is kept for it", async () => {
    const journal = await open();
    await journal.addReader(nameOfSession(CLIENT), RECORD_CLASSES.slice(1));
    await journal.keep(nameOfSession(CLIENT), noteOf({ filters: [DEMO], isLasting: true, awayMs: 0 }));

    const sessions = await startOn(journal);

    expect(sessions.kindOf(CLIENT)).toBe("none");
    await until("its reader is gone", () => journal.addedReaders().length === 0);
  });

  it.each(["{", "[]"])("are without one whose note is %s, which is not there any more", async (note) => {
    const journal = await open();
    await journal.addReader(nameOfSession(CLIENT), RECORD_CLASSES);
    await journal.keep(nameOfSession(CLIENT), noteOf(note));

    const sessions = await startOn(journal);

    expect(sessions.kindOf(CLIENT)).toBe("none");
    await until("its reader is gone", () => journal.addedReaders().length === 0);
    await until("its note is gone", async () => (await journal.kept()).size === 0);
  });

  it("may have handed out everything where their note of that cannot be read", () => {
    const kept = new Map([["delivery/air", noteOf("{")]]);

    expect(handedOutBefore("air", kept, { newest: () => 7 })("reading")).toBe(7);
    expect(handedOutBefore("sites", kept, { newest: () => 7 })("visit")).toBe(0);
  });

  it("find what they kept among all that lies beside the log, and nothing else", async () => {
    const journal = await open();
    for (const name of ["delivery/air", "session/dv:op", "retained/a", "will/b"])
      await journal.keep(name, noteOf("{}"));

    expect([...(await keptNotes(journal)).keys()].sort()).toEqual(["delivery/air", "session/dv:op"]);
  });
});

describe("a session whose client is away", () => {
  it("does not end because the machine learns what time it is, but once that much time has passed", async () => {
    const journal = await open();
    const clock = aClock();
    const sessions = await startOn(journal, clock);
    const { session } = new TestConsumer(10);
    await sessions.subscribe(CLIENT, session, true, [DEMO]);
    sessions.join(CLIENT, session);
    session.end();
    sessions.left(CLIENT, session);
    clock.utcMs = Date.UTC(2026, 10, 22);
    clock.upMs = LIMITS.awayMs;
    const looked = journal.stats().newest + 2_000;
    await journal.append(
      Array.from({ length: 2_000 }, () => ({
        recordClass: "health",
        topic: "dv1/demo/a/d/health",
        bytes: Buffer.alloc(1),
      })),
    );
    const cursor = () => journal.cursor(nameOfSession(CLIENT), "health");
    await until("it was looked at", () => cursor() >= looked - LIMITS.records);
    expect(sessions.kindOf(CLIENT)).toBe("lasting");

    clock.upMs += 1;

    await until("it has ended", () => sessions.kindOf(CLIENT) === "none");
  });

  it("is away for as long in the next life of the gateway", async () => {
    const journal = await open();
    const clock = aClock();
    const first = await startOn(journal, clock);
    await first.subscribe(CLIENT, new TestConsumer(10).session, true, [DEMO]);
    clock.upMs = LIMITS.awayMs - 5;
    await first.close();

    const laterClock = aClock();
    const second = await startOn(journal, laterClock);
    expect(second.kindOf(CLIENT)).toBe("lasting");
    laterClock.upMs = 10;

    await until("it has ended", () => second.kindOf(CLIENT) === "none");
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
