import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { aClaim, openTestFleet } from "../../cloud/fleet/fleet-fixture.ts";
import { httpParts, listenHttp } from "../../support/http-fixture.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestEdge } from "../../support/test-edge.ts";
import { until } from "../../support/until.ts";

describe("a device that is killed while its certificate is under way", () => {
  it("gets the same certificate for the same key after its start", async () => {
    const { fleet } = await openTestFleet({ clock: systemClock });
    const http = await listenHttp(httpParts({ fleet, clock: systemClock }));
    onTestFinished(() => http.close());
    const proxy = await startTcpProxy(Number(new URL(http.url).port));
    onTestFinished(() => proxy.close());
    const folder = await tempFolder();
    proxy.hold("toClient");
    const edge = await startTestEdge({
      folder,
      brokerUrl: "mqtts://127.0.0.1:1",
      tenant: "chel",
      device: "truck-1",
      token: "",
      settings: { FLEET_URL: `http://127.0.0.1:${proxy.port}`, CLAIM: await aClaim(fleet) },
    });
    await until("the answer is under way", () => proxy.held("toClient") !== "");

    await edge.kill();
    proxy.cut(false);
    proxy.release();
    await edge.start();
    const kept = await until("it has a certificate", () =>
      readFile(join(edge.dataDir, "identity", "identity.pem"), "utf8").catch(() => undefined),
    );

    const issued = await fleet.certificates({ limit: 10 });
    expect(issued.map(({ serial }) => serial)).toEqual([new X509Certificate(kept).serialNumber.toLowerCase()]);
    expect((await fleet.counts()).claimsRefused).toBe(0);
  });
});
