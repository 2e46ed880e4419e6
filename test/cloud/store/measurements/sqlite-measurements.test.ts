import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { openSqliteMeasurements } from "../../../../cloud/store/measurements/sqlite-measurements.ts";
import { aWindow, keepsAirWindows } from "../../../suites/air-windows.suite.ts";
import { aPoint, aQuery, behavesLikeMeasurements } from "../../../suites/measurements.suite.ts";

const folder = mkdtempSync(join(tmpdir(), "dvornik-measurements-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const freshFile = () => {
  files += 1;
  return join(folder, `deep-${files}`, "measurements.db");
};

describe("openSqliteMeasurements", () => {
  behavesLikeMeasurements(() => openSqliteMeasurements(freshFile()));
  keepsAirWindows(() => openSqliteMeasurements(freshFile()));

  it("has its points after it was closed and opened again", async () => {
    const file = freshFile();
    const first = await openSqliteMeasurements(file);
    await first.write([aPoint()]);
    await first.close();

    const second = await openSqliteMeasurements(file);

    expect(await second.samples(aQuery())).toHaveLength(1);
    await second.close();
  });

  it("says what is wrong when a write fails, keeps nothing of it, and goes on once the cause is gone", async () => {
    const file = freshFile();
    const store = await openSqliteMeasurements(file);
    const other = new DatabaseSync(file);
    other.exec("CREATE TRIGGER full BEFORE INSERT ON point WHEN NEW.at % 2 BEGIN SELECT RAISE(ABORT, 'full'); END");

    const even = aPoint();
    const odd = aPoint({ at: even.at + 1 });
    await expect(store.write([even, odd])).rejects.toMatchObject({
      code: "store-unavailable",
      message: "SQLite: full",
    });
    const whileBroken = await store.check();
    const kept = await store.samples(aQuery());
    other.exec("DROP TRIGGER full");
    await store.write([even, odd]);

    expect(whileBroken).toEqual({ ok: false, detail: "SQLite: full" });
    expect(kept).toEqual([]);
    expect(await store.samples(aQuery())).toHaveLength(2);
    expect(await store.check()).toMatchObject({ ok: true });
    other.close();
    await store.close();
  });

  it("says how it is and gives averages while a crowd reads single values", async () => {
    const store = await openSqliteMeasurements(freshFile());
    const { at: fromMs } = aPoint();
    await store.write(Array.from({ length: 10_000 }, (_, i) => aPoint({ at: fromMs + i * 1000 })));
    const read: string[] = [];
    const noted = async (name: string, asked: Promise<unknown>) => {
      await asked;
      read.push(name);
    };

    const many = { ...aQuery(), fromMs, toMs: fromMs + 10_000_000, most: 10_000 };
    const crowd = Array.from({ length: 10 }, () => noted("samples", store.samples(many)));
    await Promise.all([
      ...crowd,
      noted("check", store.check()),
      noted("averages", store.windows({ resolution: "h1", fromMs: 0, toMs: fromMs })),
    ]);

    expect(read.at(-1)).toBe("samples");
    await store.close();
  });

  it("says how it is while a crowd reads averages of a long time", async () => {
    const store = await openSqliteMeasurements(freshFile());
    const { start } = aWindow();
    await store.keepWindows(Array.from({ length: 5_000 }, (_, i) => aWindow({ start: start + i * 3_600_000 })));
    await store.check();
    const read: string[] = [];
    const noted = async (name: string, asked: Promise<unknown>) => {
      await asked;
      read.push(name);
    };

    const year = { resolution: "h1", fromMs: start, toMs: start + 5_000 * 3_600_000 } as const;
    const crowd = Array.from({ length: 12 }, () => noted("averages", store.windows(year)));
    await Promise.all([...crowd, noted("check", store.check())]);

    expect(read.at(-1)).toBe("averages");
    await store.close();
  });

  it("does not open a file that is no database, and says so", async () => {
    const file = join(folder, "text.db");
    writeFileSync(file, "this is a text, long enough to be read as a header of a database file. ".repeat(50));

    await expect(openSqliteMeasurements(file)).rejects.toMatchObject({ code: "store-unavailable", retry: true });
  });
});
