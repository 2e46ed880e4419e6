import { z } from "zod";
import type { Sql } from "./database.ts";

/** What quality control remembers of one sensor of a station, as its own text; undefined where it remembers nothing. */
export function sensorMemoryOf(sql: Sql, station: string, sensor: string): string | undefined {
  const row = sql.get(
    z.object({ memory: z.string() }),
    "SELECT memory FROM sensor_memories WHERE station = ? AND sensor = ?",
    station,
    sensor,
  );
  return row?.memory;
}

/** Keeps it, in the transaction of the messages that it was learned from. */
export function keepSensorMemory(sql: Sql, station: string, sensor: string, memory: string): void {
  sql.run(
    `INSERT INTO sensor_memories (station, sensor, memory) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET memory = excluded.memory`,
    station,
    sensor,
    memory,
  );
}
