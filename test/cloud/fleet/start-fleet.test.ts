import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFleet } from "../../../cloud/fleet/start-fleet.ts";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { aClaim, aRenewal, enrolOne } from "./fleet-fixture.ts";

const settingsIn = (folder: string) => ({
  folder: join(folder, "fleet"),
  file: join(folder, "fleet.db"),
  own: null,
  lifeMs: 90 * 86_400_000,
  logLevel: "silent" as const,
});

describe("the thread of the authority", () => {
  it("answers as the authority does, refusals by their code", async () => {
    const fleet = await startFleet(settingsIn(await tempFolder()));
    onTestFinished(() => fleet.close());

    const enrolled = await enrolOne(fleet);
    const used = { claim: await aClaim(fleet), csr: requestFor(makeTlsKey()) };
    await fleet.enrol(used);

    expect(enrolled.ca).toBe(await fleet.authority());
    const stranger = { ...used, csr: requestFor(makeTlsKey()) };
    await expect(fleet.enrol(stranger)).rejects.toEqual(expect.objectContaining({ code: "claim-used" }));
    await expect(fleet.renew(await aRenewal(fleet, enrolled))).rejects.toEqual(
      expect.objectContaining({ code: "too-early" }),
    );
    expect(await fleet.revoke({ tenant: "chel", device: "nobody", reason: "retired" })).toBeUndefined();
    expect(await fleet.certificates({ limit: 10 })).toHaveLength(2);
    expect((await fleet.revocationList()).pem).toContain("BEGIN X509 CRL");
  });

  it("stops the start with the reason when the authority cannot be opened", async () => {
    const folder = await tempFolder();
    const first = await startFleet(settingsIn(folder));
    await first.close();
    await rm(join(folder, "fleet", "ca-key.pem"));

    await expect(startFleet(settingsIn(folder))).rejects.toThrow("has lost its key");
  });

  it("answers nobody after it was closed", async () => {
    const fleet = await startFleet(settingsIn(await tempFolder()));
    await fleet.close();

    await expect(fleet.counts()).rejects.toEqual(expect.objectContaining({ code: "fleet-unavailable" }));
  });
});
