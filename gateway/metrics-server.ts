import { once } from "node:events";
import { createServer } from "node:http";
import type { JournalStats } from "#journal/journal.ts";
import type { Closer } from "#kit/closer.ts";
import { isLoopback } from "#kit/loopback.ts";
import type { GroupStatus } from "./delivery/consumer-group.ts";

/** What `/healthz` says; `status` is `ok` only while the journal takes what comes. */
export interface GatewayHealth {
  readonly status: "ok" | "unhealthy";
  readonly journal: JournalStats;
  readonly connections: number;
  readonly groups: readonly GroupStatus[];
  readonly acknowledged: number;
  readonly delivered: number;
  readonly consumed: number;
  readonly refused: Readonly<Record<string, number>>;
  /** What is not as it was set and goes on as it was before, one line each: a file that cannot be read any more. */
  readonly troubles: readonly string[];
}

/**
 * Serves `GET /healthz` (JSON; 503 while unhealthy) and `GET /metrics` (Prometheus text) on loopback.
 *
 * A page of the internet may have a browser on this machine call us by a name of its own: only loopback names are served.
 */
export async function startMetricsServer(
  port: number,
  health: () => GatewayHealth,
): Promise<Closer & { port: number }> {
  const server = createServer((request, response) => {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    if (!isLoopback(host)) {
      response.writeHead(403).end("ask by 127.0.0.1 or localhost\n");
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD", connection: "close" }).end();
      return;
    }
    const now = health();
    if (request.url === "/healthz") {
      response.writeHead(now.status === "ok" ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify(now));
    } else if (request.url === "/metrics") {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
      response.end(metricsText(now));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** The Prometheus text of a health report. */
export function metricsText(health: GatewayHealth): string {
  const { journal } = health;
  const lines = [
    ["gateway_healthy", health.status === "ok" ? 1 : 0],
    ["gateway_connections", health.connections],
    ["gateway_troubles", health.troubles.length],
    ["gateway_acknowledged_total", health.acknowledged],
    ["gateway_delivered_total", health.delivered],
    ["gateway_consumed_total", health.consumed],
    ["gateway_journal_commits_total", journal.commits],
    ["gateway_journal_payload_bytes_total", journal.payloadBytesAppended],
    ...Object.entries(journal.pending).map(([name, count]) => [`gateway_journal_pending{class="${name}"}`, count]),
    ...Object.entries(health.refused).map(([name, count]) => [`gateway_refused_total{reason="${name}"}`, count]),
    ...health.groups.flatMap(({ group, members, unacknowledged }) => [
      [`gateway_group_members{group="${group}"}`, members],
      [`gateway_group_unacknowledged{group="${group}"}`, unacknowledged],
    ]),
  ];
  return `${lines.map(([name, value]) => `${name} ${value}`).join("\n")}\n`;
}
