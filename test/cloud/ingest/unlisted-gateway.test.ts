import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { RESERVED_TENANT } from "#contract/names.ts";
import { logRangesOf } from "../../../cloud/store/state/log-book.ts";
import { openStateStore } from "../../../cloud/store/state/state-store.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import { aGap, aRegistry, TRUCK } from "../../support/builders.ts";
import { publishAll } from "../../support/publish-all.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestCloud } from "../../support/test-cloud.ts";
import { startTestGateway } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const VILLAGE = { tenant: RESERVED_TENANT, device: "village" };

it("a village's gateway that nobody listed is named in /healthz with what to set, and heard once it is listed", async () => {
  const [folder, cloudFolder] = [await tempFolder(), await tempFolder()];
  const token = await addClient(join(folder, "credentials.json"), {
    ...VILLAGE,
    role: "gateway",
    tenants: [TRUCK.tenant],
  });
  const gateway = await startTestGateway({ clients: ["dv:cloud"], folder });
  const startCloud = (env: Readonly<Record<string, string>>) =>
    startTestCloud({
      folder: cloudFolder,
      registry: aRegistry(),
      brokerUrl: gateway.url,
      token: gateway.tokenOf("dv:cloud"),
      env,
    });
  const cloud = await startCloud({});
  const gap = aGap({ lostTenant: TRUCK.tenant, lostDevice: TRUCK.device, log: "log-village", ranges: [[1, 8]] });

  await publishAll({ url: gateway.url, tokenOf: () => token }, VILLAGE, [gap]);
  const health = await until("the cloud says what to set", async () => {
    const now = await cloud.health();
    const isNamed = now.parts.sites?.ok === false && now.parts.sites.detail.includes("village=kirov");
    // It is named as soon as it is committed, and counted a moment later.
    return isNamed && now.counts.gaps === 1 ? now : undefined;
  });
  await cloud.close();
  const listed = await startCloud({ GATEWAYS: "gateway=*,village=kirov" });
  await until("all is well", async () => (await listed.health()).status === "ok");
  const state = openStateStore(join(listed.dataDir, "state.db"));
  onTestFinished(() => state.close());
  const ranges = () => state.read((sql) => logRangesOf(sql, { ...TRUCK, log: "log-truck" }));
  await until("its kept gap counts", () => ranges().lost.length > 0);

  expect(health.counts).toMatchObject({ gaps: 1, "gaps-refused unlisted-gateway": 1 });
  expect(ranges()).toEqual({ received: [[1, 8]], lost: [[1, 8]] });
}, 60_000);
