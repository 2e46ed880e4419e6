import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { filters, RECORD_CLASSES } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { createLogger } from "#kit/logger.ts";
import { nameOfSession } from "../../../gateway/delivery/data-session.ts";
import { DataSessions } from "../../../gateway/delivery/data-sessions.ts";
import { Metrics } from "../../../gateway/metrics.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const log = createLogger("test", "silent");
const LIMITS = { records: 1_000, bytes: 1024 * 1024, awayMs: 60_000 };
const CLIENT = "dv:op";
const DEMO = filters.allData("demo");

async function open(): Promise<Journal> {
  const file = join(await tempFolder(), "journal.db");
  const journal = await openJournal({ file, classes: RECORD_CLASSES, readers: { own: RECORD_CLASSES } });
  onTestFinished(() => journal.close());
  return journal;
}

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
