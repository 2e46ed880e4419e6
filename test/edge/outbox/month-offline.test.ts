import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { decode } from "#contract/codec.ts";
import type { Gap } from "#contract/messages.ts";
import { RECORD_CLASSES, type RecordClass } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import type { Outgoing } from "#uplink/send-queue.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { openJournalOutbox } from "../../../edge/outbox/journal-outbox.ts";
import type { NewMessage } from "../../../edge/outbox/new-message.ts";
import type { Outbox } from "../../../edge/outbox/outbox.ts";
import { outboxBudget } from "../../../edge/outbox/outbox-budget.ts";
import { photoMessages } from "../../../edge/visits/photo-messages.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { quiet, stillTime } from "../support/fakes.ts";
import { aReading, STAMP } from "../support/messages.ts";

const DEVICE = { tenant: "demo", device: "truck-1" };
const DAYS = 30;
const BUDGET = 3 * 1024 * 1024;
const shaOf = (text: string) => createHash("sha256").update(text).digest("hex");

const anAlert: NewMessage = { kind: "alert", ...STAMP, what: "tamper" };

const aVisit = (name: string, sha: string): NewMessage => ({
  kind: "visit",
  ...STAMP,
  visit: name,
  site: "s-1",
  startedAt: STAMP.at,
  endedAt: STAMP.at,
  photos: [{ role: "after", sha, takenAt: STAMP.at, state: "clean", probabilities: null, model: shaOf("model") }],
  prev: null,
  sig: "a".repeat(86),
});

async function allOf(outbox: Outbox, recordClass: RecordClass): Promise<Outgoing[]> {
  const all: Outgoing[] = [];
  for (let after = 0; ; after = all.at(-1)?.seq ?? after) {
    const records = await outbox.read(recordClass, after, 1_000);
    if (records.length === 0) return all;
    all.push(...records);
  }
}

describe("an outbox during a month without a link", () => {
  it("keeps all alerts and visits, drops photos whole and first, and names each dropped number once", async () => {
    const file = join(await tempFolder(), "outbox.sqlite");
    const counters = createCounters();
    const budget = outboxBudget(BUDGET, { address: DEVICE, time: stillTime, counters, log: quiet });
    const readers = { uplink: RECORD_CLASSES };
    const journal = await openJournal({ file, classes: RECORD_CLASSES, readers, budget });
    onTestFinished(() => journal.close());
    const outbox = openJournalOutbox(journal, DEVICE, "log-1");
    const photos = new Map<string, number>();

    for (let day = 0; day < DAYS; day += 1) {
      for (let visit = 0; visit < 4; visit += 1) {
        const photo = Buffer.alloc(70_000, `${day}/${visit}`);
        const messages = photoMessages(photo, STAMP);
        const sha = messages.find(({ kind }) => kind === "photo")?.sha ?? "";
        photos.set(sha, messages.filter(({ kind }) => kind === "chunk").length);
        await outbox.append([aVisit(`v-${day}-${visit}`, sha), ...messages]);
        await outbox.append(Array.from({ length: 40 }, (_, i) => aReading(day * 1_000 + visit * 100 + i)));
      }
      if (day % 5 === 0) await outbox.append([anAlert]);
    }

    const left = Object.fromEntries(
      await Promise.all(RECORD_CLASSES.map(async (name) => [name, await allOf(outbox, name)] as const)),
    );
    const messages = Object.values(left).flatMap((records) =>
      records.map(({ topic, bytes }) => decode(topic, bytes).message),
    );
    const gaps = messages.filter((message): message is Gap => message.kind === "gap");
    const named = gaps.flatMap(({ ranges }) =>
      ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
    );
    const seqs = messages.map(({ seq }) => seq);
    expect(messages.filter(({ kind }) => kind === "alert")).toHaveLength(6);
    expect(messages.filter(({ kind }) => kind === "visit")).toHaveLength(DAYS * 4);
    expect(messages.filter(({ kind }) => kind === "reading")).toHaveLength(DAYS * 4 * 40);
    expect([...named, ...seqs].sort((a, b) => a - b)).toEqual(
      Array.from({ length: named.length + seqs.length }, (_, i) => i + 1),
    );
    expect(named.length).toBeGreaterThan(100);
    expect(gaps.map((gap) => gap.class)).toEqual(["chunk"]);
    expect(gaps[0]).toMatchObject({ lostLog: "log-1", log: "log-1", reason: "budget", by: "demo:truck-1", ...STAMP });

    const chunks = messages.filter(({ kind }) => kind === "chunk");
    const chunksLeft = new Map<string, number>();
    for (const chunk of chunks) {
      if (chunk.kind === "chunk") chunksLeft.set(chunk.sha, (chunksLeft.get(chunk.sha) ?? 0) + 1);
    }
    for (const [sha, count] of chunksLeft) expect(count).toBe(photos.get(sha));
    expect(chunksLeft.size).toBeGreaterThan(3);
    expect(counters.snapshot()["dropped-chunk"]).toBe(DAYS * 4 * 3 - chunks.length);
    expect(Object.values(journal.stats().bytes).reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(BUDGET * 1.01);
  });

  it("names readings by themselves when they have to go too, and gives every gap the same bytes each time", async () => {
    const file = join(await tempFolder(), "outbox.sqlite");
    const parts = { address: DEVICE, time: stillTime, counters: createCounters(), log: quiet };
    const readers = { uplink: RECORD_CLASSES };
    const budget = outboxBudget(256 * 1024, parts);
    const journal = await openJournal({ file, classes: RECORD_CLASSES, readers, budget });
    onTestFinished(() => journal.close());
    const outbox = openJournalOutbox(journal, DEVICE, "log-1");

    await outbox.append(photoMessages(Buffer.alloc(30_000), STAMP));
    for (let i = 0; i < 60; i += 1) await outbox.append(Array.from({ length: 30 }, (_, j) => aReading(i * 100 + j)));

    const gaps = (await allOf(outbox, "alert")).map(({ topic, bytes }) => decode(topic, bytes).message);
    const again = (await allOf(outbox, "alert")).map(({ topic, bytes }) => decode(topic, bytes).message);
    expect(gaps).toEqual(again);
    expect(gaps.map((gap) => (gap.kind === "gap" ? gap.class : gap.kind))).toEqual(["reading"]);
    expect(await allOf(outbox, "chunk")).toHaveLength(1);
  });
});
