import type { Metric } from "#kit/prometheus.ts";

/** What `/healthz` says of the way to the parent. */
export interface UplinkStatus {
  readonly connected: boolean;
  /** UTC ms of the last change of `connected`, or of the last failed attempt. */
  readonly since: number;
  readonly connections: number;
  /** Why there is no connection, or null. */
  readonly trouble: string | null;
  /** Code and reason of the last connection's end. */
  readonly lastError: string | null;
  /** Records of each class that are still in the journal: those that wait for the parent or for a group of one's own. */
  readonly lag: Readonly<Record<string, number>>;
  /** Records that the parent does not take, or of tenants that this gateway may not speak for. */
  readonly aside: number;
  readonly refusedTenants: readonly string[];
  /** Live messages that were not sent, since the latest is all that counts and there was no way for them. */
  readonly liveDropped: number;
  /** States and twins that are left out, since the parent closed connections while they were under way. */
  readonly leftOut: number;
  /** The connection for what is not durable: states, twins and live up, `stored` and wanted twins down. */
  readonly ordinary: { readonly connected: boolean; readonly trouble: string | null };
}

/** An uplink's metrics; none where there is no parent. */
export function uplinkMetrics(uplink: UplinkStatus | null): readonly Metric[] {
  if (uplink === null) return [];
  const { connected, ordinary, connections, aside, refusedTenants, liveDropped, leftOut, lag } = uplink;
  const one = (type: "gauge" | "counter", name: string, help: string, value: number): Metric => ({
    name: `gateway_uplink_${name}`,
    help,
    type,
    samples: [{ value }],
  });
  return [
    one("gauge", "connected", "1 while there is a way up to the parent.", connected ? 1 : 0),
    one(
      "gauge",
      "ordinary_connected",
      "1 while the connection for what is not durable stands.",
      ordinary.connected ? 1 : 0,
    ),
    one("counter", "connections_total", "Connections up since the start.", connections),
    one("gauge", "aside", "Records that the parent does not take.", aside),
    one(
      "gauge",
      "refused_tenants",
      "Tenants that the parent does not let this gateway speak for.",
      refusedTenants.length,
    ),
    one("gauge", "left_out", "States and twins that the parent does not seem to take.", leftOut),
    one("counter", "live_dropped_total", "Live messages without a way up.", liveDropped),
    {
      name: "gateway_uplink_lag",
      help: "Records that wait in the journal, by class.",
      type: "gauge",
      samples: Object.entries(lag).map(([name, value]) => ({ labels: { class: name }, value })),
    },
  ];
}
