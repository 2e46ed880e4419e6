import type { Address } from "#contract/names.ts";
import type { Site } from "#contract/registry.ts";
import { addTo } from "../store/state/counters.ts";
import type { Sql } from "../store/state/database.ts";
import { alertIdOf } from "./dirty-after.ts";

/** Raises the alert of a dirty visit, in the transaction of the visit; gives its id, or undefined when it was there. */
export function raiseDirtyAfter(
  sql: Sql,
  { tenant, device, visit }: Address & { readonly visit: string },
  site: Site,
  nowMs: number,
): string | undefined {
  const id = alertIdOf({ tenant, device }, visit);
  const raised = sql.run(
    `INSERT INTO alerts (id, cause, tenant, device, visit, site, municipality, created_at)
     VALUES (?, 'dirty-after', ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[id, tenant, device, visit, site.id, site.municipality, nowMs],
  );
  addTo(sql, "alerts", raised);
  return raised > 0 ? id : undefined;
}

/** Acknowledges an alert in the name of a person; the first name stays. False when there is no such alert. */
export function acknowledgeAlert(sql: Sql, id: string, by: string, nowMs: number): boolean {
  const found = sql.run(
    `UPDATE alerts SET acknowledged_at = coalesce(acknowledged_at, ?), acknowledged_by = coalesce(acknowledged_by, ?)
     WHERE id = ?`,
    ...[nowMs, by, id],
  );
  return found > 0;
}
