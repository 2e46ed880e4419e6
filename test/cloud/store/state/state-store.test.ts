import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { storeMessages } from "../../../../cloud/ingest/store-messages.ts";
import { indexRegistry } from "../../../../cloud/registry/registry-index.ts";
import { openChunkShelf } from "../../../../cloud/store/photos/chunk-shelf.ts";
import { openStateView } from "../../../../cloud/store/state/sqlite-state-view.ts";
import { openStateStore } from "../../../../cloud/store/state/state-store.ts";
import { aPhoto, aRegistry, letterOf, NOON, TRUCK } from "../../../support/builders.ts";
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

  it("brings the tables of an older version up to date and keeps what is in them", async () => {
    const file = join(await tempFolder(), "state.db");
    const older = openStateStore(file);
    for (const index of ["alerts_open", "alerts_done", "visits_of_site"]) {
      older.read((sql) => sql.run(`DROP INDEX ${index}`));
    }
    older.read((sql) => sql.run("CREATE INDEX alerts_by_time ON alerts (created_at)"));
    older.transaction(NOON, ({ logs }) => logs.receive({ ...TRUCK, log: "a", seq: 1 }));
    older.read((sql) => sql.run("ALTER TABLE logs DROP COLUMN covered"));
    older.read((sql) => sql.run("ALTER TABLE latest_samples DROP COLUMN stored_at"));
    older.read((sql) => sql.run("ALTER TABLE dead_letters DROP COLUMN size"));
    older.read((sql) => sql.run("DROP TABLE dead_letter_bytes"));
    older.read((sql) => sql.run("PRAGMA user_version = 1"));
    older.close();

    const state = openStateStore(file);

    const isNew = state.transaction(NOON, ({ logs }) => [1, 2].map((seq) => logs.receive({ ...TRUCK, log: "a", seq })));
    expect(isNew).toEqual([false, true]);
    state.close();
  });

  it("does not open a file that a later version has laid out", async () => {
    const file = join(await tempFolder(), "state.db");
    const state = openStateStore(file);
    state.read((sql) => sql.run("PRAGMA user_version = 99"));
    state.close();

    expect(() => openStateStore(file)).toThrow("version 99");
  });
});
