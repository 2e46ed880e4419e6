import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { messageOf } from "#kit/errors.ts";
import { type Answer, type Call, NOTHING, type Outcome, type PointRow, type Task } from "./sqlite-calls.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import { readSamples } from "./sqlite-samples.ts";
import { forget, keepWindows, readHours, readPoints, readWindows } from "./sqlite-windows.ts";

/**
 * The thread that owns one connection to the measurements file: a disk may take seconds for a sync, and a chart of a
 * month reads hundreds of thousands of rows; neither may hold the event loop.
 */

const { file } = z.object({ file: z.string() }).parse(workerData);
const port = parentPort;
if (port === null) throw new Error("sqlite-worker.ts runs as a worker thread");

// The same point again changes nothing; new fields join the old ones and win over them, as in InfluxDB.
const UPSERT = `
  INSERT INTO point (series, at, fields) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET fields = json_patch(fields, excluded.fields) WHERE fields <> excluded.fields
`;

let database: DatabaseSync | undefined;

function seriesId(db: DatabaseSync, [tenant, station, sensor]: PointRow): number {
  db.prepare("INSERT INTO series (tenant, station, sensor) VALUES (?, ?, ?) ON CONFLICT DO NOTHING").run(
    tenant,
    station,
    sensor,
  );
  const row = db
    .prepare("SELECT id FROM series WHERE tenant = ? AND station = ? AND sensor = ?")
    .get(tenant, station, sensor);
  return z.object({ id: z.number() }).parse(row).id;
}

function write(db: DatabaseSync, rows: readonly PointRow[]): void {
  const upsert = db.prepare(UPSERT);
  const ids = new Map<string, number>();
  db.exec("BEGIN IMMEDIATE");
  for (const row of rows) {
    const [tenant, station, sensor, at, fields] = row;
    const name = `${tenant}\n${station}\n${sensor}`;
    const id = ids.get(name) ?? seriesId(db, row);
    ids.set(name, id);
    upsert.run(id, at, fields);
  }
  db.exec("COMMIT");
}

function perform(db: DatabaseSync, task: Task): Outcome {
  switch (task.kind) {
    case "open":
      return NOTHING;
    case "write":
      write(db, task.rows);
      return NOTHING;
    case "samples":
      return { ...NOTHING, samples: readSamples(db, task.query) };
    case "points":
      return { ...NOTHING, points: readPoints(db, task.query) };
    case "hours":
      return { ...NOTHING, hours: readHours(db, task.beforeMs) };
    case "keep-windows":
      keepWindows(db, task.windows);
      return NOTHING;
    case "windows":
      return { ...NOTHING, windows: readWindows(db, task.query) };
    case "forget":
      return { ...NOTHING, hasMore: forget(db, task.what, task.beforeMs) };
    default:
      return task satisfies never;
  }
}

function answer({ id, task }: Call): Answer {
  try {
    database ??= openSqliteFile(file);
    return { id, outcome: perform(database, task) };
  } catch (error) {
    // After an I/O error a connection is not to be trusted; closing rolls back, and the next call opens it anew.
    closeDatabase();
    return { id, failure: messageOf(error) };
  }
}

function closeDatabase(): void {
  const closing = database;
  database = undefined;
  try {
    closing?.close();
  } catch {
    // The file is gone or unwritable; there is nothing left to close, and committed points are safe.
  }
}

port.on("message", (message: Call | "close") => {
  if (message !== "close") {
    port.postMessage(answer(message));
    return;
  }
  closeDatabase();
  port.close();
});
