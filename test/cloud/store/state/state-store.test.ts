import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPairMemory } from "../../../../cloud/ingest/pair-memory.ts";
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

  it("brings a file of the version before up to this one, with what it holds", async () => {
    const file = join(await tempFolder(), "state.db");
    const state = openStateStore(file);
    state.transaction(NOON, ({ logs }) => logs.receive({ ...TRUCK, log: "log", seq: 1 }));
    state.read((sql) => {
      for (const table of ["boot_times", "timeless_readings", "timeless_boots", "timeless_visits"]) {
        sql.run(`DROP TABLE ${table}`);
      }
      sql.run("ALTER TABLE latest_samples DROP COLUMN time_error_ms");
      sql.run("ALTER TABLE visits DROP COLUMN time_error_ms");
      sql.run("PRAGMA user_version = 1");
    });
    state.close();

    const view = openStateView(file);

    expect(view.timeUnknown()).toEqual([]);
    expect(view.lastVisits()).toEqual([]);
    expect(view.counts()).toMatchObject({ messages: 1 });
    await view.close();
  });

  it("does not open a file that a later version has laid out", async () => {
    const file = join(await tempFolder(), "state.db");
    const state = openStateStore(file);
    state.read((sql) => sql.run("PRAGMA user_version = 99"));
    state.close();

    expect(() => openStateStore(file)).toThrow("version 99");
  });
});
