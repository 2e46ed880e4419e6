import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { type Ranges, unite } from "#kit/ranges.ts";

/** A point of the month: its value is the round in which it was measured. */
export interface MonthPoint {
  readonly sensor: string;
  readonly at: number;
  readonly round: number;
  readonly clock: string;
  /** Where its time was derived: by which clock, and how far it is stated to be off at most. */
  readonly repairedBy: string | undefined;
  readonly errorMs: number | undefined;
}

/** A visit of the month as the cloud shows it. */
export interface MonthVisit {
  readonly visit: string;
  readonly signature: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly errorMs: number | null;
}

/** What the cloud's own files hold of the month, read past the program. */
export interface MonthAudit {
  readonly received: Ranges;
  readonly lost: Ranges;
  /** What gaps named, by the class of what was dropped. */
  readonly gaps: ReadonlyMap<string, Ranges>;
  readonly alerts: number;
  readonly keptVisits: readonly MonthVisit[];
  readonly points: readonly MonthPoint[];
  readonly wholePhotos: number;
  /** Readings that wait for a time that is known by now. */
  readonly due: number;
  /** Readings whose time nobody will ever know. */
  readonly unknownReadings: number;
  readonly repairedReadings: number;
  readonly deadLetters: number;
}

const json = z.string().transform((text): unknown => JSON.parse(text));
const RangesColumn = json.pipe(z.array(z.tuple([z.number(), z.number()])));
const LogRow = z.object({ received: RangesColumn, lost: RangesColumn });
const GapRow = z.object({
  body: json.pipe(z.looseObject({ class: z.string(), ranges: z.array(z.tuple([z.number(), z.number()])) })),
});
const Count = z.object({ n: z.number() });
const VisitRow = z.object({
  visit: z.string(),
  signature: z.string(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  errorMs: z.number().nullable(),
});
const Fields = z.looseObject({
  pm25: z.number().optional(),
  temperature: z.number().optional(),
  clock: z.string(),
  time_repaired: z.string().optional(),
  time_error_ms: z.number().optional(),
});
const PointRow = z.object({ sensor: z.string(), at: z.number(), fields: json.pipe(Fields) });

/** Reads the files of a cloud that took in one device alone. */
export function auditMonth(cloudData: string): MonthAudit {
  const state = new DatabaseSync(join(cloudData, "state.db"), { readOnly: true });
  const measurements = new DatabaseSync(join(cloudData, "measurements.db"), { readOnly: true });
  const all = <Row>(row: z.ZodType<Row>, sql: string, from = state): Row[] =>
    from
      .prepare(sql)
      .all()
      .map((found) => row.parse(found));
  const count = (sql: string): number => all(Count, `SELECT count(*) AS n FROM ${sql}`)[0]?.n ?? 0;
  try {
    const [log] = all(LogRow, "SELECT received, lost FROM logs");
    const gaps = new Map<string, Ranges>();
    for (const { body } of all(GapRow, "SELECT body FROM device_reports WHERE kind = 'gap'")) {
      gaps.set(body.class, unite(gaps.get(body.class) ?? [], body.ranges));
    }
    const [repaired] = all(Count, "SELECT value AS n FROM counters WHERE name = 'readings-repaired'");
    const times = "FROM boot_times t WHERE t.tenant = r.tenant AND t.device = r.device AND t.boot = r.boot";
    return {
      received: log?.received ?? [],
      lost: log?.lost ?? [],
      gaps,
      alerts: count("device_reports WHERE kind = 'alert'"),
      keptVisits: all(
        VisitRow,
        `SELECT visit, signature, started_at AS startedAt, ended_at AS endedAt, time_error_ms AS errorMs FROM visits`,
      ),
      points: all(
        PointRow,
        "SELECT s.sensor, p.at, p.fields FROM point p JOIN series s ON s.id = p.series ORDER BY p.at",
        measurements,
      ).map(({ sensor, at, fields }) => ({
        sensor,
        at,
        round: fields.pm25 ?? fields.temperature ?? -1,
        clock: fields.clock,
        repairedBy: fields.time_repaired,
        errorMs: fields.time_error_ms,
      })),
      wholePhotos: count("photos WHERE status = 'whole'"),
      due:
        count(`timeless_readings r WHERE EXISTS (SELECT 1 ${times})`) +
        count(`timeless_visits r WHERE EXISTS (SELECT 1 ${times})`),
      unknownReadings: count("timeless_readings"),
      repairedReadings: repaired?.n ?? 0,
      deadLetters: count("dead_letters"),
    };
  } finally {
    state.close();
    measurements.close();
  }
}
