import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Visit } from "#contract/messages.ts";
import { FOR_EVER } from "../../../../cloud/air/windows/retention.ts";
import { createReadingJudge } from "../../../../cloud/ingest/judge-readings.ts";
import { createPairMemory } from "../../../../cloud/ingest/pair-memory.ts";
import { repairReadings } from "../../../../cloud/ingest/repair-readings.ts";
import { storeMessages } from "../../../../cloud/ingest/store-messages.ts";
import { replayReadings } from "../../../../cloud/ingest/store-readings.ts";
import { indexRegistry } from "../../../../cloud/registry/registry-index.ts";
import { repairVisits } from "../../../../cloud/sites/visit-book.ts";
import { openSqliteMeasurements } from "../../../../cloud/store/measurements/sqlite-measurements.ts";
import { openChunkShelf } from "../../../../cloud/store/photos/chunk-shelf.ts";
import { keepPair } from "../../../../cloud/store/state/boot-times.ts";
import { type Letter, letterHash } from "../../../../cloud/store/state/dead-letters.ts";
import { logRangesOf } from "../../../../cloud/store/state/log-book.ts";
import { openStateView } from "../../../../cloud/store/state/sqlite-state-view.ts";
import { openStateStore } from "../../../../cloud/store/state/state-store.ts";
import { valuesOf } from "../../../suites/measurements.suite.ts";
import { aPhoto, aReading, aRegistry, aVisit, letterOf, NOON, POST, TRUCK } from "../../../support/builders.ts";
import { maySmallDisk, mountSmallDisk } from "../../../support/small-disk.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

describe("the state store", () => {
  it.skipIf(!maySmallDisk)("refuses the whole batch on a full disk and takes it when there is room again", async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "disk"), 4);
    const state = openStateStore(join(disk.folder, "state.db"));
    const shelf = openChunkShelf(join(disk.folder, "chunks.db"));
    const stores = {
      state,
      shelf,
      registry: () => indexRegistry(aRegistry()),
      nowMs: () => NOON,
      onInternal: () => {},
      gateways: new Map(),
      onRefusedGap: () => {},
      pairs: createPairMemory(),
    };
    const photo = aPhoto(Buffer.alloc(200_000, 7));
    const letters = [photo.notice, ...photo.chunks].map((message) => letterOf(message, TRUCK));
    await disk.fill();

    expect(() => storeMessages(letters, stores)).toThrow(expect.objectContaining({ code: "state-unavailable" }));
    await disk.empty();
    storeMessages(letters, stores);

    const view = openStateView(join(disk.folder, "state.db"));
    expect(view.counts()).toMatchObject({ messages: letters.length });
    await view.close();
    shelf.close();
    state.close();
  });

  it("brings a file of version 1 up to this one: what had no time then waits now and gets its time", async () => {
    const folder = await tempFolder();
    const file = join(folder, "state.db");
    const samples = [
      { at: null, up: 1_000, values: { pm25: 1 } },
      { at: NOON + 2_000, up: 2_000, values: { pm25: 2 } },
    ];
    const letter = letterOf(aReading({ seq: 7, at: NOON + 2_000, up: 2_000, samples }), POST);
    const visit = aVisit({ at: null, clock: "none", up: 5_000, startedAt: null, endedAt: null });
    await layVersion1(file, letter, visit);
    const state = openStateStore(file);
    const view = openStateView(file);
    const measurements = await openSqliteMeasurements(join(folder, "measurements.db"));
    onTestFinished(async () => {
      await measurements.close();
      await view.close();
      state.close();
    });
    const registry = indexRegistry(aRegistry());
    const stores = {
      state,
      measurements,
      registry: () => registry,
      nowMs: () => NOON + 60_000,
      pairs: createPairMemory(),
      retention: FOR_EVER,
      judge: createReadingJudge(state, () => {}),
    };
    expect(view.counts()).toMatchObject({ messages: 1, "time-unknown visits": 1 });

    await replayReadings(stores);
    expect(view.timeUnknown()).toMatchObject([
      { ...POST, readings: 1 },
      { ...TRUCK, visits: 1 },
    ]);
    state.transaction(NOON, ({ sql }) => {
      for (const device of [POST, TRUCK])
        keepPair(sql, { ...device, boot: "boot-1", clock: "gps", up: 0, at: NOON }, NOON);
    });
    await repairReadings(stores, () => {});
    state.transaction(NOON, ({ sql }) => repairVisits(sql, NOON + 60_000, () => {}));

    const range = { tenant: "kirov", field: "pm25", fromMs: 0, toMs: NOON * 2, most: 10, station: "station-1" };
    expect(await valuesOf(measurements, range)).toEqual([
      [NOON + 1_000, 1],
      [NOON + 2_000, 2],
    ]);
    expect(view.lastVisitOf("site-1")).toMatchObject({ endedAt: NOON + 5_000, timeErrorMs: 2_001 });
    expect(view.deadLetters(10)).toEqual([]);
    expect(view.timeUnknown()).toEqual([]);
    expect(state.read((sql) => logRangesOf(sql, { ...POST, log: "log-post" }))).toEqual({
      received: [[7, 7]],
      lost: [],
    });
  });

  it("does not open a file that a later version has laid out", async () => {
    const file = join(await tempFolder(), "state.db");
    const state = openStateStore(file);
    state.read((sql) => sql.run("PRAGMA user_version = 99"));
    state.close();

    expect(() => openStateStore(file)).toThrow("version 99");
  });
});

/** A file as version 1 left it: one letter whose time was unknown, one visit without times. */
async function layVersion1(file: string, letter: Letter, visit: Visit): Promise<void> {
  const database = new DatabaseSync(file);
  database.exec(await readFile(new URL("files/version-1.sql", import.meta.url), "utf8"));
  const run = (sql: string, ...values: (string | number | Uint8Array)[]) => void database.prepare(sql).run(...values);
  const { topic, payload } = letter;
  run(
    "INSERT INTO dead_letters (topic, sha256, reason, detail, at, times, bytes, size) VALUES (?, ?, 'no-time', '', ?, 1, ?, ?)",
    ...[topic, letterHash(letter), NOON, payload, payload.length],
  );
  run("INSERT INTO logs VALUES (?, ?, 'log-post', '[[7,7]]', '[[7,7]]', 1, 1, '[]')", POST.tenant, POST.device);
  run("INSERT INTO counters VALUES ('messages', 1)");
  run(
    `INSERT INTO visits (tenant, device, visit, site, stored_at, signature, photos, chain_hash, body)
     VALUES (?, ?, ?, 'site-1', ?, 'unknown-key', ?, '', ?)`,
    ...[TRUCK.tenant, TRUCK.device, visit.visit, NOON, JSON.stringify(visit.photos), JSON.stringify(visit)],
  );
  run("INSERT INTO site_visits VALUES ('site-1', ?, ?, ?, ?)", TRUCK.tenant, TRUCK.device, visit.visit, NOON);
  database.close();
}
