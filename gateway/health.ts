import type { Journal, JournalStats } from "#journal/journal.ts";
import type { GroupStatus } from "./delivery/consumer-group.ts";
import type { Metrics } from "./metrics.ts";
import type { RecordAges } from "./record-ages.ts";
import type { UplinkStatus } from "./uplink/uplink-status.ts";

/** What `/healthz` says; `status` is `ok` only while the journal takes what comes. */
export interface GatewayHealth {
  readonly status: "ok" | "unhealthy";
  /** It listens and takes what comes: false before that and from the signal to end on. */
  readonly isReady: boolean;
  readonly journal: JournalStats;
  /** Seconds since the oldest pending record of each class was appended; null where none is pending. */
  readonly oldestS: Readonly<Record<string, number | null>>;
  readonly connections: number;
  readonly groups: readonly GroupStatus[];
  /** The way to the parent, null where there is none. */
  readonly uplink: UplinkStatus | null;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly consumed: number;
  readonly refused: Readonly<Record<string, number>>;
  /** How often a client was not read for a while because it had sent more than its rate. */
  readonly throttled: number;
  readonly sessionSkipped: number;
  readonly sessionsEnded: number;
  /** What is not as it was set and goes on as it was before, one line each: a file that cannot be read any more. */
  readonly troubles: readonly string[];
}

/** The parts that are asked how they are. */
export interface HealthParts {
  readonly journal: Journal;
  readonly ages: RecordAges;
  readonly metrics: Metrics;
  readonly connections: () => number;
  readonly groups: () => readonly GroupStatus[];
  readonly uplink: () => UplinkStatus | null;
  readonly troubles: () => readonly string[];
}

/** How a gateway is at this moment. */
export function healthOf(parts: HealthParts, isReady: boolean): GatewayHealth {
  const { journal, ages, metrics } = parts;
  const stats = journal.stats();
  const { acknowledged, delivered, consumed, throttled, sessionSkipped, sessionsEnded } = metrics;
  const oldestS = Object.entries(stats.oldest).map(([name, n]) => [name, n === null ? null : ages.ageS(n)]);
  return {
    status: stats.isHealthy ? "ok" : "unhealthy",
    isReady,
    journal: stats,
    oldestS: Object.fromEntries(oldestS),
    connections: parts.connections(),
    groups: parts.groups(),
    uplink: parts.uplink(),
    acknowledged,
    delivered,
    consumed,
    refused: metrics.refused(),
    throttled,
    sessionSkipped,
    sessionsEnded,
    troubles: parts.troubles(),
  };
}
