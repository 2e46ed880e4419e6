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

it("a gateway shows its renewed certificate at the next connection, without a restart", async () => {
  const authority = await makeAuthority();
  const listFile = join(authority.folder, "crl.pem");
  await writeFile(listFile, await authority.list(1, []));
  const parent = await startGatewayHere({
    clients: [],
    settings: { ...authority.server, TLS_CA: authority.caFile, CRL_FILE: listFile },
  });
  const issue = () => authority.issue({ tenant: "dv", device: VILLAGE, role: "gateway", tenants: ["chel"] });
  const [first, second] = [await issue(), await issue()];
  const pem = join(authority.folder, "identity.pem");
  await writeFile(pem, `${first.key}\n${first.cert}`);
  const child = await startGatewayHere({
    clients: ["chel:post-1"],
    settings: {
      GATEWAY_NAME: VILLAGE,
      PARENT_URL: `mqtts://127.0.0.1:${parent.port}`,
      PARENT_TENANTS: "chel",
      PARENT_CA: authority.caFile,
      PARENT_CERT: pem,
      PARENT_KEY: pem,
    },
  });
  const isConnected = async () => (await child.health()).uplink?.connected === true;
  await until("it is connected", isConnected);

  await writeFile(listFile, await authority.list(2, [first.serial]));
  await until("it is shut out", async () => !(await isConnected()));
  await writeFile(pem, `${second.key}\n${first.cert}`);
  await until("half of it does no harm", async () => (await child.health()).uplink?.trouble?.includes("mismatch"));
  await writeFile(pem, `${second.key}\n${second.cert}`);

  await until("it is connected again", isConnected);
});
