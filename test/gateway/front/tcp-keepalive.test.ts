import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { connectPacket, openRaw, openTls, type RawClient } from "../../support/raw-mqtt.ts";
import { makeAuthority } from "../../support/test-authority.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";

/** Seconds until the kernel asks a connection's peer whether it is there (proc_net_tcp: `tr tm->when`, in 1/100 s). */
async function untilAskedS({ socket }: RawClient): Promise<number> {
  const portsOf = (port = 0) => port.toString(16).toUpperCase().padStart(4, "0");
  const ends = [`:${portsOf(socket.remotePort)}`, `:${portsOf(socket.localPort)}`];
  const lines = (await readFile("/proc/net/tcp", "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  const [, , , , , timer = ""] =
    lines.find(([, local = "", remote = ""]) => local.endsWith(ends[0] ?? "") && remote.endsWith(ends[1] ?? "")) ?? [];
  const [kind, when = "0"] = timer.split(":");
  return kind === "02" ? Number.parseInt(when, 16) / 100 : 0;
}

describe.skipIf(process.platform !== "linux")("TCP's own keep-alive at the gateway", () => {
  it.each(["plain", "TLS"])(
    "lets a device that sends in bursts sleep, and asks others within a minute (%s)",
    async (kind) => {
      const authority = await makeAuthority();
      const gateway = await startGatewayHere({
        clients: ["demo:post-1", "demo:post-2"],
        ...(kind === "TLS" && { settings: authority.server }),
      });
      const ca = await readFile(authority.caFile, "utf8");
      const signedIn = async (clientId: string, keepaliveS: number) => {
        const client = kind === "TLS" ? await openTls(gateway.port, { ca }) : await openRaw(gateway.port);
        client.send(connectPacket({ clientId, token: gateway.tokenOf(clientId), keepaliveS }));
        await client.receive("connack");
        return client;
      };

      const burst = await signedIn("demo:post-1", 3_660);
      const usual = await signedIn("demo:post-2", 30);

      expect(await untilAskedS(burst)).toBeGreaterThan(3_000);
      const usualS = await untilAskedS(usual);
      expect(usualS).toBeGreaterThan(0);
      expect(usualS).toBeLessThanOrEqual(60);
    },
  );
});
