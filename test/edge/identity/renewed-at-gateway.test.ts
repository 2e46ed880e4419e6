import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { aClaim, openTestFleet } from "../../cloud/fleet/fleet-fixture.ts";
import { httpParts, listenHttp } from "../../support/http-fixture.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { makeAuthority } from "../../support/test-authority.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

/** Long enough for a slow machine to enrol, connect and renew within it. */
const LIFE_MS = 20_000;
const PATIENCE_MS = 25_000;

it("a device whose certificate is renewed connects anew once, and its gateway takes the next one", async () => {
  const { fleet } = await openTestFleet({ clock: systemClock, lifeMs: LIFE_MS });
  const http = await listenHttp(httpParts({ fleet, clock: systemClock }));
  onTestFinished(() => http.close());
  const folder = await tempFolder();
  const servers = await makeAuthority();
  const caFile = join(folder, "fleet-ca.pem");
  await writeFile(caFile, await fleet.authority());
  const settings = { ...servers.server, TLS_CA: caFile, CRL_URL: `${http.url}/fleet/crl.pem` };
  const gateway = await startGatewayHere({ clients: [], settings });
  const edge = await startTestEdge({
    folder,
    brokerUrl: `mqtts://127.0.0.1:${gateway.port}`,
    tenant: "chel",
    device: "truck-1",
    token: "",
    settings: {
      FLEET_URL: http.url,
      CLAIM: await aClaim(fleet),
      BROKER_CA: servers.caFile,
      HEALTH_EVERY_S: "0.2",
    },
  });
  await until("it is connected", async () => (await edge.status()).uplink.connected, PATIENCE_MS);
  const before = (await edge.status()).uplink.connections;

  await until("it is renewed", async () => (await fleet.counts()).certificates === 2, PATIENCE_MS);
  await until(
    "it has connected anew",
    async () => (await edge.status()).uplink.connections === before + 1,
    PATIENCE_MS,
  );

  const [next, first] = await fleet.certificates({ limit: 10 });
  expect(next?.renews).toBe(first?.serial);
  await fleet.revoke({ serial: first?.serial ?? "", reason: "superseded" });
  const { acknowledged } = await gateway.health();
  await until("it goes on with the next one", async () => (await gateway.health()).acknowledged > acknowledged + 20);
  expect((await edge.status()).uplink.connections).toBe(before + 1);
  expect((await gateway.health()).refused).not.toHaveProperty("revoked");
}, 90_000);
