import { once } from "node:events";
import type { Closer } from "#kit/closer.ts";
import { isLoopback } from "#kit/loopback.ts";
import { createServer } from "#kit/plain-http.ts";
import type { GatewayHealth } from "./health.ts";
import type { InspectReport } from "./inspect/report.ts";
import { metricsText } from "./metrics-text.ts";

/**
 * Serves on loopback `GET /healthz` (JSON; 503 while unhealthy), `/readyz` (503 also while it starts or drains),
 * `/metrics` (Prometheus text) and `/inspect` (JSON; names and sizes of what it holds).
 *
 * A page of the internet may have a browser on this machine call us by a name of its own: only loopback names are served.
 */
export async function startMetricsServer(
  port: number,
  health: () => GatewayHealth,
  inspect: () => InspectReport,
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
    } else if (request.url === "/readyz") {
      const isReady = now.isReady && now.status === "ok";
      response
        .writeHead(isReady ? 200 : 503, { "content-type": "text/plain" })
        .end(isReady ? "ready\n" : "not ready\n");
    } else if (request.url === "/inspect") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(inspect()));
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
