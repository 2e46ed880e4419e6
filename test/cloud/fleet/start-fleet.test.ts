import "reflect-metadata";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as x509 from "@peculiar/x509";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { startFleet } from "../../../cloud/fleet/start-fleet.ts";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { aClaim, aRenewal, enrolOne } from "./fleet-fixture.ts";
import { fleetSettingsIn } from "./fleet-thread.ts";

describe("the thread of the authority", () => {
  it("answers as the authority does, refusals by their code", async () => {
    const fleet = await startFleet(fleetSettingsIn(await tempFolder()), systemClock);
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
    const first = await startFleet(fleetSettingsIn(folder), systemClock);
    await first.close();
    await rm(join(folder, "fleet", "ca-key.pem"));

    await expect(startFleet(fleetSettingsIn(folder), systemClock)).rejects.toThrow("has lost its key");
  });

  it("answers nobody after it was closed", async () => {
    const fleet = await startFleet(fleetSettingsIn(await tempFolder()), systemClock);
    await fleet.close();

    await expect(fleet.counts()).rejects.toEqual(expect.objectContaining({ code: "fleet-unavailable" }));
  });

  it("gives out its list while it is busy with something else, and the new one once something was revoked", async () => {
    const settings = fleetSettingsIn(await tempFolder());
    const fleet = await startFleet(settings, systemClock);
    onTestFinished(() => fleet.close());
    await enrolOne(fleet);
    const list = await fleet.revocationList();
    const other = new DatabaseSync(settings.file);
    other.exec("BEGIN IMMEDIATE");

    const claim = aClaim(fleet);
    const meanwhile = await fleet.revocationList();
    other.exec("COMMIT");
    other.close();

    expect(meanwhile).toEqual(list);
    expect(await claim).toHaveLength(43);
    await fleet.revoke({ tenant: "chel", device: "truck-1", reason: "retired" });
    const next = await fleet.revocationList();
    expect(next.number).toBeGreaterThan(list.number);
    expect(new x509.X509Crl(next.pem).entries).toHaveLength(1);
  });

  it("is started again by the next question after it has failed, and has forgotten nothing that it answered", async () => {
    const fleet = await startFleet(fleetSettingsIn(await tempFolder()), systemClock);
    onTestFinished(() => fleet.close());
    const enrolled = await enrolOne(fleet);
    const claim = await aClaim(fleet, { device: "truck-2" });
    const before = await fleet.revocationList();

    // Nothing that a route lets through: the thread does not know what to do with it.
    const broken = { ...(await aRenewal(fleet, enrolled)), nonce: "n".repeat(201) };
    const asked = await Promise.allSettled([fleet.renew(broken), fleet.counts()]);

    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(asked[0]).toMatchObject({ reason: { code: "fleet-unavailable" } });
    const [issued, counts] = await Promise.all([fleet.enrol({ claim, csr: requestFor(makeTlsKey()) }), fleet.counts()]);
    expect(issued.ca).toBe(enrolled.ca);
    expect(counts.certificates).toBeGreaterThanOrEqual(1);
    expect(await fleet.certificates({ limit: 10 })).toHaveLength(2);
    expect((await fleet.revocationList()).number).toBeGreaterThan(before.number);
  });

  it("starts again by itself after it has failed, though nobody asks: rollouts are watched there", async () => {
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line) => void lines.push(line) });
    const fleet = await startFleet(fleetSettingsIn(await tempFolder()), systemClock, log);
    onTestFinished(() => fleet.close());
    const renewal = await aRenewal(fleet, await enrolOne(fleet));

    await fleet.renew({ ...renewal, nonce: "n".repeat(201) }).catch(() => {});

    await until("the thread has started again", () => lines.some((line) => line.includes("fleet.started")));
    expect(lines[0]).toContain("fleet.ended");
  });
});
