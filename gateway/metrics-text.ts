import { memoryUsage, uptime } from "node:process";
import { exposition, type Metric, type Sample } from "#kit/prometheus.ts";
import type { GatewayHealth } from "./health.ts";
import { uplinkMetrics } from "./uplink/uplink-status.ts";

/** The Prometheus text of a health report. */
export const metricsText = (health: GatewayHealth): string =>
  exposition([
    ...connectionMetrics(health),
    ...journalMetrics(health),
    ...groupMetrics(health),
    ...uplinkMetrics(health.uplink),
    ...processMetrics(),
  ]);

function connectionMetrics(health: GatewayHealth): readonly Metric[] {
  return [
    gauge("gateway_healthy", "1 while everything that comes is taken.", health.status === "ok" ? 1 : 0),
    gauge("gateway_ready", "1 from listening until the signal to end.", health.isReady ? 1 : 0),
    gauge("gateway_connections", "Open connections.", health.connections),
    gauge(
      "gateway_troubles",
      "Files and lists that cannot be read; the ones of before are in force.",
      health.troubles.length,
    ),
    counter("gateway_session_skipped_total", "Records that sessions lost because they were too far behind.", [
      { value: health.sessionSkipped },
    ]),
    counter("gateway_sessions_ended_total", "Sessions that ended because their client stayed away.", [
      { value: health.sessionsEnded },
    ]),
    counter("gateway_throttled_total", "Times that a client was not read because it had sent more than its rate.", [
      { value: health.throttled },
    ]),
    counter("gateway_refused_total", "Connections and packets turned away, by reason.", by("reason", health.refused)),
  ];
}

function journalMetrics({ journal, acknowledged, oldestS }: GatewayHealth): readonly Metric[] {
  const oldest = Object.entries(oldestS).flatMap(([name, seconds]) =>
    seconds === null ? [] : [{ labels: { class: name }, value: seconds }],
  );
  return [
    counter("gateway_acknowledged_total", "Durable publishes acknowledged: they lie on disk.", [
      { value: acknowledged },
    ]),
    counter("gateway_received_total", "Records taken into the journal, by class.", by("class", journal.appended)),
    counter("gateway_journal_commits_total", "Transactions of the journal.", [{ value: journal.commits }]),
    {
      name: "gateway_journal_commit_seconds",
      help: "From the asking for a transaction until it was on disk.",
      type: "histogram",
      counts: journal.commitSeconds,
    },
    counter("gateway_journal_payload_bytes_total", "Payload taken into the journal.", [
      { value: journal.payloadBytesAppended },
    ]),
    {
      ...gauge("gateway_journal_pending", "Records not cleared yet, by class."),
      samples: by("class", journal.pending),
    },
    {
      ...gauge("gateway_journal_bytes", "What the pending records count in the budget, by class."),
      samples: by("class", journal.bytes),
    },
    gauge("gateway_journal_budget_bytes", "JOURNAL_BYTES.", journal.budgetBytes ?? 0),
    counter("gateway_journal_dropped_total", "Records that had to go, by class.", by("class", journal.dropped)),
    { ...gauge("gateway_journal_oldest_seconds", "Age of the oldest pending record, by class."), samples: oldest },
  ];
}

function groupMetrics({ groups, delivered, consumed }: GatewayHealth): readonly Metric[] {
  const each = (value: (group: GatewayHealth["groups"][number]) => number): Sample[] =>
    groups.map((group) => ({ labels: { group: group.group }, value: value(group) }));
  return [
    counter("gateway_delivered_total", "Deliveries to consumers, repeated ones too.", [{ value: delivered }]),
    counter("gateway_consumed_total", "Deliveries that a consumer acknowledged.", [{ value: consumed }]),
    { ...gauge("gateway_group_members", "Members of a consumer group."), samples: each(({ members }) => members) },
    {
      ...gauge("gateway_group_unacknowledged", "Deliveries that wait for an acknowledgement."),
      samples: each(({ unacknowledged }) => unacknowledged),
    },
    {
      ...gauge("gateway_member_unacknowledged", "Deliveries that wait for an acknowledgement, by member."),
      samples: groups.flatMap(({ group, shares }) =>
        shares.map(({ client, unacknowledged }) => ({ labels: { group, client }, value: unacknowledged })),
      ),
    },
    {
      ...gauge("gateway_group_lag", "Records that a group's cursor stands behind the newest, by class."),
      samples: groups.flatMap(({ group, lag }) =>
        Object.entries(lag).map(([name, value]) => ({ labels: { group, class: name }, value })),
      ),
    },
  ];
}

const processMetrics = (): readonly Metric[] => [
  gauge("process_resident_memory_bytes", "Resident memory.", memoryUsage.rss()),
  gauge("process_uptime_seconds", "Seconds since the start.", uptime()),
];

const gauge = (name: string, help: string, value?: number): Metric & { readonly type: "gauge" } => ({
  name,
  help,
  type: "gauge",
  samples: value === undefined ? [] : [{ value }],
});

const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: "counter",
  samples,
});

const by = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
