import { z } from "zod";
import type { Sql } from "./database.ts";

/** Adds to a named count, in the transaction of what is counted. */
export function addTo(sql: Sql, name: string, amount: number): void {
  if (amount === 0) return;
  sql.run(
    "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
    name,
    amount,
  );
}

const Value = z.object({ value: z.number().int() });

/** The number of the next change to the logs. */
export function nextRevision(sql: Sql): number {
  addTo(sql, "revision", 1);
  return sql.get(Value, "SELECT value FROM counters WHERE name = 'revision'")?.value ?? 1;
}
