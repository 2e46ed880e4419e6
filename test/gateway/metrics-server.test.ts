import { type IncomingMessage, request } from "node:http";
import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { startGatewayHere } from "../support/test-gateway.ts";

interface Asking {
  readonly method?: string;
  readonly host?: string;
}

describe("the metrics server", () => {
  it("says as JSON and as Prometheus text what the gateway took, holds and refused", async () => {
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"] });
    const device = await connectRaw(gateway.port, { clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") });
    device.send(aPublish(topics.data({ tenant: "demo", device: "truck-1" }, "reading"), 1));
    await device.receive("puback");
    device.send(aPublish("elsewhere", 2));
    await device.closed();

    const health = await fetch(`http://127.0.0.1:${gateway.metricsPort}/healthz`);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.metricsPort}/metrics`)).text();
    const other = await fetch(`http://127.0.0.1:${gateway.metricsPort}/other`);

    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: "ok", acknowledged: 1, refused: { topic: 1 } });
    expect(metrics).toContain("gateway_healthy 1\n");
    expect(metrics).toContain('gateway_journal_pending{class="reading"} 1\n');
    expect(metrics).toContain('gateway_refused_total{reason="topic"} 1\n');
    expect(other.status).toBe(404);
  });

  it.each([
    ["another method", { method: "POST" }, 405],
    ["a name that is not of this machine", { host: "evil.example:9883" }, 403],
    ["a name that only begins like one", { host: "127.0.0.1.evil.example" }, 403],
    ["localhost", { host: "localhost:9883" }, 200],
    ["HEAD", { method: "HEAD" }, 200],
  ])("answers %s as it should", async (_, { method = "GET", host = "127.0.0.1" }: Asking, status) => {
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"] });
    const options = { port: gateway.metricsPort, host: "127.0.0.1", path: "/healthz", method, headers: { host } };

    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(options, resolve).on("error", reject).end();
    });
    answer.resume();

    expect(answer.statusCode).toBe(status);
  });
});
