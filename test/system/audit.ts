import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { limits } from "#contract/limits.ts";
import { VisitPhoto } from "#contract/messages.ts";
import type { Influx } from "../real/influx/start-influx.ts";

const Log = z.object({ log: z.string(), received: z.string(), lost: z.string() });
const Kept = z.object({ visit: z.string(), photos: z.string() });
const Alert = z.object({ visit: z.string() });
const Counted = z.object({ n: z.number() });

/** What the cloud's own files hold, read past the program. */
export interface Audit {
  /** Received numbers of each log, as ranges. */
  readonly logs: readonly { readonly log: string; readonly received: unknown; readonly lost: unknown }[];
  readonly visits: readonly { readonly visit: string; readonly photos: readonly z.infer<typeof VisitPhoto>[] }[];
  /** The visits that have an alert, one entry for each alert. */
  readonly alerts: readonly string[];
  readonly deadLetters: number;
}

/** Reads the state store of a cloud. */
export function auditState(cloudData: string): Audit {
  return withDatabase(join(cloudData, "state.db"), (db) => ({
    logs: z
      .array(Log)
      .parse(db.prepare("SELECT log, received, lost FROM logs").all())
      .map(({ log, received, lost }) => ({ log, received: JSON.parse(received), lost: JSON.parse(lost) })),
    visits: z
      .array(Kept)
      .parse(db.prepare("SELECT visit, photos FROM visits").all())
      .map(({ visit, photos }) => ({ visit, photos: z.array(VisitPhoto).parse(JSON.parse(photos)) })),
    alerts: z
      .array(Alert)
      .parse(db.prepare("SELECT visit FROM alerts").all())
      .map(({ visit }) => visit),
    deadLetters: Counted.parse(db.prepare("SELECT count(*) AS n FROM dead_letters").get()).n,
  }));
}

/** The highest number that is covered without a hole from 1 on, where there is exactly one log; else 0. */
export function coveredUpTo({ logs }: Audit): number {
  const ranges = z.array(z.tuple([z.number(), z.number()])).safeParse(logs[0]?.received);
  const first = ranges.success ? ranges.data[0] : undefined;
  return logs.length === 1 && ranges.data?.length === 1 && first?.[0] === 1 ? first[1] : 0;
}

/** The last number that a device's outbox ever gave (the device must not run). */
export function lastNumberOf(edgeData: string): number {
  return withDatabase(
    join(edgeData, "outbox.sqlite"),
    (db) => z.object({ last_n: z.number() }).parse(db.prepare("SELECT last_n FROM log").get()).last_n,
  );
}

/** Points in the cloud's SQLite file of measurements. */
export function pointsIn(cloudData: string): number {
  return withDatabase(
    join(cloudData, "measurements.db"),
    (db) => Counted.parse(db.prepare("SELECT count(*) AS n FROM point").get()).n,
  );
}

/** Points in InfluxDB: rows of PM2.5 and of temperature, one of which every point has. */
export async function pointsInInflux({ url, token, org, bucket }: Influx): Promise<number> {
  const flux = `from(bucket: "${bucket}") |> range(start: 0) |> filter(fn: (r) => r._measurement == "air" and
    (r._field == "pm25" or r._field == "temperature")) |> group() |> count()`;
  const answer = await fetch(`${url}/api/v2/query?org=${org}`, {
    method: "POST",
    headers: { authorization: `Token ${token}`, "content-type": "application/vnd.flux", accept: "application/csv" },
    body: flux,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  const [, row = ""] = text.split(/\r?\n/).filter((line) => line.startsWith(","));
  return Number(row.split(",").at(-1) ?? 0);
}

/** Messages that one visit costs: itself, and for each photo a notice and its chunks. */
export async function messagesOf(cloudData: string, photos: readonly { readonly sha: string }[]): Promise<number> {
  const sizes = await Promise.all(photos.map(({ sha }) => stat(photoFile(cloudData, sha))));
  return sizes.reduce((sum, { size }) => sum + 1 + Math.ceil(size / limits.chunkBytes), 1);
}

const photoFile = (cloudData: string, sha: string) => join(cloudData, "photos", sha.slice(0, 2), `${sha}.jpg`);

/** Whether a photo lies whole under its hash. */
export async function isPhotoWhole(cloudData: string, sha: string): Promise<boolean> {
  const bytes = await readFile(photoFile(cloudData, sha)).catch(() => undefined);
  return bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === sha;
}

function withDatabase<T>(file: string, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
