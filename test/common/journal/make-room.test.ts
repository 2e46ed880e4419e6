import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { openClassTable } from "#journal/class-table.ts";
import { type Holding, makeRoom } from "#journal/make-room.ts";
import { createGapWriter } from "./plain-gap-writer.ts";

const MIB = 1024 * 1024;
const CLASSES = ["alert", "chunk"];

/** Tables with chunks of the given groups and size, numbered from 1. */
function tablesWith(groups: readonly string[], recordBytes: number) {
  const db = new DatabaseSync(":memory:");
  onTestFinished(() => db.close());
  db.exec("CREATE TABLE class (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT");
  const tables = CLASSES.map((name) => openClassTable(db, name));
  const insert = db.prepare("INSERT INTO record_2 (n, topic, bytes, group_key) VALUES (?, 't', zeroblob(?), ?)");
  groups.forEach((group, i) => {
    insert.run(i + 1, recordBytes, group);
  });
  const holdings = tables.map((table): Holding => {
    const { pending, bytes, oldest } = table.holding.get() ?? {};
    return {
      pending: Number(pending),
      bytes: Number(bytes),
      oldest: typeof oldest === "number" ? oldest : null,
      clearedTo: 0,
    };
  });
  const left = () =>
    db
      .prepare("SELECT group_key AS name, count(*) AS n FROM record_2 GROUP BY group_key ORDER BY name")
      .all()
      .map(({ name, n }) => `${name}: ${n}`);
  const held = holdings[1]?.bytes ?? 0;
  const drop = (budgetBytes: number) => {
    const { dropped } = makeRoom({
      ...{ classes: CLASSES, tables, holdings, budgetBytes, shares: [0, 0], gapClass: "alert", incoming: [0, 0] },
      writer: createGapWriter({ owner: null, stamp: "noon", values: new Map() }),
    });
    return { records: dropped[1] ?? 0, bytes: held - (holdings[1]?.bytes ?? 0) };
  };
  return { drop, left, held };
}

describe("making room", () => {
  it("takes whole groups, but no more of them than are needed, though all are mixed", () => {
    const groups = Array.from({ length: 400 }, (_, i) => `photo-${"abcd".charAt(i % 4)}`);
    const { drop, left, held } = tablesWith(groups, 1_000);

    const { records } = drop(held - 1);

    expect(records).toBe(100);
    expect(left()).toEqual(["photo-b: 100", "photo-c: 100", "photo-d: 100"]);
  });

  it("goes on in a second group where the first is not enough", () => {
    const groups = Array.from({ length: 40 }, (_, i) => `photo-${"abcd".charAt(i % 4)}`);
    const { drop, left, held } = tablesWith(groups, 1_000);

    drop(held - 12_000);

    expect(left()).toEqual(["photo-c: 10", "photo-d: 10"]);
  });

  it("does not take a group at once that is larger than any photo can be", () => {
    const groups = Array.from({ length: 400 }, () => "endless");
    const { drop, left, held } = tablesWith(groups, 256 * 1024);

    const first = drop(held - 1);

    expect(first.bytes).toBeLessThan(60 * MIB);
    expect(left()).toEqual([`endless: ${400 - first.records}`]);
    expect(drop(held - first.bytes - 1).records).toBeGreaterThan(0);
  });
});
