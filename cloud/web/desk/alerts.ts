import type { AlertView } from "../../http/schemas.ts";

/** Alerts by id. */
export type Alerts = ReadonlyMap<string, AlertView>;

/** Whether nobody has taken the alert on yet. */
export const isOpen = (alert: AlertView): boolean => alert.acknowledgedAt === null;

/** Takes newer views in; an answer that was on its way before an acknowledgement does not undo it. */
export function mergeAlerts(known: Alerts, arrived: readonly AlertView[]): Alerts {
  const merged = new Map(known);
  for (const alert of arrived) {
    const before = merged.get(alert.id);
    const acknowledgement =
      before !== undefined && isOpen(alert)
        ? { acknowledgedAt: before.acknowledgedAt, acknowledgedBy: before.acknowledgedBy }
        : {};
    merged.set(alert.id, { ...alert, ...acknowledgement });
  }
  return merged;
}

/** The alerts of one municipality (all for the empty string) in two parts, each newest first. */
export function arrange(alerts: Alerts, municipality: string): { open: AlertView[]; acknowledged: AlertView[] } {
  const chosen = [...alerts.values()]
    .filter((alert) => municipality === "" || alert.municipality === municipality)
    .sort((a, b) => b.createdAt - a.createdAt || a.id.localeCompare(b.id));
  return { open: chosen.filter(isOpen), acknowledged: chosen.filter((alert) => !isOpen(alert)) };
}
