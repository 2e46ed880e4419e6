import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { makeAuthority } from "../../support/test-authority.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectTo, VILLAGE } from "./support.ts";

const POST = { tenant: "chel", device: "post-1" };

it("a gateway signs in at its parent with a certificate, whose tenants it may speak for", async () => {
  const authority = await makeAuthority();
  const parent = await startGatewayHere({ clients: [], settings: { ...authority.server, TLS_CA: authority.caFile } });
  const issued = await authority.issue({ tenant: "dv", device: VILLAGE, role: "gateway", tenants: ["chel"] });
  const files = {
    PARENT_CERT: join(authority.folder, "village.pem"),
    PARENT_KEY: join(authority.folder, "village.key"),
  };
  await writeFile(files.PARENT_CERT, issued.cert);
  await writeFile(files.PARENT_KEY, issued.key);
  const child = await startGatewayHere({
    clients: ["chel:post-1"],
    settings: {
      GATEWAY_NAME: VILLAGE,
      PARENT_URL: `mqtts://127.0.0.1:${parent.port}`,
      PARENT_TENANTS: "chel,kopeysk",
      PARENT_CA: authority.caFile,
      ...files,
    },
  });
  const device = await connectTo(child, "chel:post-1");

  await device.publishAsync(topics.data(POST, "reading"), "x", { qos: 1 });

  await until("it is up", async () => (await parent.health()).acknowledged === 1);
  await until("the rest is told", async () => (await child.health()).uplink?.refusedTenants[0] === "kopeysk");
  expect((await child.health()).uplink).toMatchObject({ connected: true, trouble: null });
});
