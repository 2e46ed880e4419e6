import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/logger.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { type DeviceIdentityOptions, startDeviceIdentity } from "../../../edge/identity/device-identity.ts";
import { aClaim, openTestFleet, type TestFleet } from "../../cloud/fleet/fleet-fixture.ts";
import { httpParts, listenHttp } from "../../support/http-fixture.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

/** Long enough for a slow machine to renew between 60 % of it and its end. */
const SHORT_LIFE_MS = 12_000;
const TRUCK = { tenant: "chel", device: "truck-1" };

/** The real cloud's routes over the real authority, behind a wire that can be held and cut. */
async function openCloud(lifeMs?: number) {
  const test = await openTestFleet({ clock: systemClock, ...(lifeMs === undefined ? {} : { lifeMs }) });
  const http = await listenHttp(httpParts({ fleet: test.fleet, clock: systemClock }));
  onTestFinished(() => http.close());
  const proxy = await startTcpProxy(Number(new URL(http.url).port));
  onTestFinished(() => proxy.close());
  return { ...test, proxy, url: `http://127.0.0.1:${proxy.port}` };
}

async function startDevice(change: Partial<DeviceIdentityOptions> & { readonly fleetUrl: string }) {
  const counters = createCounters();
  const folder = change.folder ?? (await tempFolder());
  const identity = await startDeviceIdentity({
    address: TRUCK,
    claim: async () => undefined,
    time: { stamp: () => ({ v: 1, at: Date.now(), clock: "ntp", boot: "b", up: 0 }) },
    clock: systemClock,
    random: () => 0,
    counters,
    log: createLogger("edge", "silent"),
    ...change,
    folder: join(folder, "identity"),
  });
  onTestFinished(() => identity.close());
  return { identity, folder, file: join(folder, "identity", "identity.pem"), counters };
}

const certificatesOf = async ({ fleet }: Pick<TestFleet, "fleet">) => await fleet.certificates({ limit: 10 });

describe("a device's identity", () => {
  it("comes of its claim and a key that only the device has, and is there after a restart without either", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);

    const device = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => device.identity.status().serial !== null);
    const { serial } = device.identity.status();
    await device.identity.close();
    cloud.proxy.cut(true);
    const again = await startDevice({ fleetUrl: cloud.url, folder: device.folder });

    expect(again.identity.status()).toMatchObject({ serial, trouble: null });
    expect(again.identity.current().keyPem).toBe(device.identity.current().keyPem);
    expect((await stat(device.file)).mode & 0o777).toBe(0o600);
    await expect(stat(join(device.folder, "identity", "next-key.pem"))).rejects.toThrow("ENOENT");
  });

  it("waits for a cloud that is away, says so, and comes by itself", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);
    cloud.proxy.cut(true);

    const { identity, counters } = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it was tried", () => counters.snapshot()["fleet-away"]);
    expect(() => identity.current()).toThrow("no certificate yet");
    expect(identity.status().trouble).toContain("cannot be reached");
    cloud.proxy.mend();

    await until("it has a certificate", () => identity.status().serial !== null);
  });

  it("survives that the answer is lost: the same key gets the same certificate", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);
    cloud.proxy.hold("toClient");

    const device = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    const [issued] = await until("the answer is under way", async () => {
      const all = await certificatesOf(cloud);
      return all.length === 1 && cloud.proxy.held("toClient") !== "" && all;
    });
    await device.identity.close();
    cloud.proxy.cut(false);
    cloud.proxy.release();
    const again = await startDevice({ fleetUrl: cloud.url, folder: device.folder, claim: async () => claim });

    await until("it has a certificate", () => again.identity.status().serial !== null);
    expect(again.identity.status().serial).toBe(issued?.serial);
    expect(await certificatesOf(cloud)).toHaveLength(1);
  });

  it("renews itself with a new key and says so, and the pair on the disk is whole at every moment", async () => {
    const cloud = await openCloud(SHORT_LIFE_MS);
    const claim = await aClaim(cloud.fleet);
    const { identity, file } = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => identity.status().serial !== null);
    const first = identity.current();
    let news = 0;
    identity.onNew(() => {
      news += 1;
    });

    await until("it has the next one", () => identity.status().serial !== first.serial);

    expect(news).toBe(1);
    expect(identity.current().keyPem).not.toBe(first.keyPem);
    expect(await readFile(file, "utf8")).toBe(`${identity.current().keyPem}${identity.current().certificatePem}`);
    const [next] = await certificatesOf(cloud);
    expect(next?.renews).toBe(first.serial);
  });

  it("uses its certificate and asks the cloud once in a long while when its clock is years ahead", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);
    const inYears = Date.now() + 3_650 * 86_400_000;

    const { identity, counters } = await startDevice({
      fleetUrl: cloud.url,
      claim: async () => claim,
      time: { stamp: () => ({ v: 1, at: inYears, clock: "rtc", boot: "b", up: 0 }) },
    });
    await until("it has asked", () => counters.snapshot()["too-early"]);

    expect(identity.current().principal).toMatchObject(TRUCK);
    expect(counters.snapshot()).toEqual({ "too-early": 1 });
    expect(await certificatesOf(cloud)).toHaveLength(1);
  });

  it("renews itself without ever knowing the time, though it is started anew every day", async () => {
    const withoutClock = { stamp: () => ({ v: 1 as const, at: null, clock: "none" as const, boot: "b", up: 0 }) };
    const cloud = await openCloud(SHORT_LIFE_MS);
    const claim = await aClaim(cloud.fleet);
    const device = await startDevice({ fleetUrl: cloud.url, claim: async () => claim, time: withoutClock });
    await until("it has a certificate", () => device.identity.status().serial !== null);
    const first = device.identity.current();
    await device.identity.close();
    await until("more than half of its life has passed", () => Date.now() > (first.notBeforeMs + first.notAfterMs) / 2);

    // However long it is held, no time is seen to pass.
    const again = await startDevice({
      fleetUrl: cloud.url,
      folder: device.folder,
      time: withoutClock,
      clock: { ...systemClock, monotonicMs: () => 0 },
    });

    await until("it has the next one", () => again.identity.status().serial !== first.serial);
    const [next] = await certificatesOf(cloud);
    expect(next?.renews).toBe(first.serial);
  });

  it("asks once after a start without a clock, and has no trouble with the answer that there is time", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);
    const device = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => device.identity.status().serial !== null);
    await device.identity.close();
    cloud.proxy.cut(true);

    const again = await startDevice({
      fleetUrl: cloud.url,
      folder: device.folder,
      time: { stamp: () => ({ v: 1, at: null, clock: "none", boot: "b", up: 0 }) },
    });
    await until("it has asked", () => again.identity.status().trouble !== null);
    cloud.proxy.mend();

    await until("the cloud has said that it holds", () => again.identity.status().trouble === null);
    expect(again.counters.snapshot()).not.toHaveProperty("too-early");
    expect(await certificatesOf(cloud)).toHaveLength(1);
  });

  it("notices after a start without a clock that it has expired, and says what it needs", async () => {
    const cloud = await openCloud(1_000);
    const claim = await aClaim(cloud.fleet);
    const device = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => device.identity.status().serial !== null);
    await device.identity.close();
    const { notAfterMs } = device.identity.current();
    await until("it has expired", () => Date.now() > notAfterMs + 1_000);

    const again = await startDevice({
      fleetUrl: cloud.url,
      folder: device.folder,
      time: { stamp: () => ({ v: 1, at: null, clock: "none", boot: "b", up: 0 }) },
      clock: { ...systemClock, monotonicMs: () => 0 },
    });

    await until("it says so", () => again.identity.status().trouble?.includes("claim is needed"));
    expect(again.counters.snapshot()["certificate-expired"]).toBe(1);
  });

  it("comes with a claim that was refused no more, but with the next one that is put there", async () => {
    const cloud = await openCloud();
    const claimFile = join(await tempFolder(), "claim");
    await writeFile(claimFile, "A".repeat(43));

    const { identity, counters } = await startDevice({
      fleetUrl: cloud.url,
      claim: async () => await readFile(claimFile, "utf8"),
    });
    await until("it waits for another one", () => identity.status().trouble?.includes("another one is needed"));
    expect(counters.snapshot()["claim-unknown"]).toBe(1);
    await writeFile(claimFile, await aClaim(cloud.fleet));

    await until("it has a certificate", () => identity.status().serial !== null);
  });

  it("gets a new certificate with a new claim after its own was revoked", async () => {
    const cloud = await openCloud(SHORT_LIFE_MS);
    let claim = await aClaim(cloud.fleet);
    const { identity } = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => identity.status().serial !== null);
    const { serial } = identity.status();
    await cloud.fleet.revoke({ ...TRUCK, reason: "retired" });
    claim = await aClaim(cloud.fleet);

    await until("it has another one", () => identity.status().serial !== serial);

    expect((await certificatesOf(cloud)).map(({ renews }) => renews)).toEqual([null, null]);
  });

  it("asks the cloud when the gateway refuses it, once, and begins anew if it was revoked", async () => {
    const cloud = await openCloud();
    let claim = await aClaim(cloud.fleet);
    const { identity, counters } = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => identity.status().serial !== null);
    const { serial } = identity.status();
    await cloud.fleet.revoke({ ...TRUCK, reason: "retired" });
    claim = await aClaim(cloud.fleet);

    identity.doubt();
    identity.doubt();

    await until("it has another one", () => identity.status().serial !== serial);
    expect(counters.snapshot()).toEqual({ "certificate-revoked": 1 });
  });

  it("does not come again with the claim of a certificate that was revoked: that would look like a theft", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);
    const { identity } = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => identity.status().serial !== null);
    await cloud.fleet.revoke({ ...TRUCK, reason: "key-compromise" });

    identity.doubt();

    await until("it says what it needs", () => identity.status().trouble?.includes("another one is needed"));
    expect(await cloud.fleet.counts()).toMatchObject({ claimsRefused: 0 });
  });

  it("keeps its certificate when the gateway refuses it and the cloud does not", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);
    const { identity, counters, folder } = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => identity.status().serial !== null);
    const { serial } = identity.status();

    identity.doubt();
    await until("it has asked", () => stat(join(folder, "identity", "next-key.pem")).then(() => true));
    await identity.close();

    expect(identity.status()).toMatchObject({ serial, trouble: null });
    expect(counters.snapshot()).toEqual({});
  });

  it("takes no certificate that names another device", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet, { device: "truck-2" });

    const { identity } = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });

    await until("it says why", () => identity.status().trouble?.includes("made for chel:truck-2"));
    expect(identity.status().serial).toBeNull();
  });

  it("is not stopped by a damaged file, and begins anew with a claim", async () => {
    const cloud = await openCloud();
    const claim = await aClaim(cloud.fleet);
    const device = await startDevice({ fleetUrl: cloud.url, claim: async () => claim });
    await until("it has a certificate", () => device.identity.status().serial !== null);
    await device.identity.close();
    await writeFile(device.file, (await readFile(device.file, "utf8")).slice(0, 300));
    const next = await aClaim(cloud.fleet);

    const again = await startDevice({ fleetUrl: cloud.url, folder: device.folder, claim: async () => next });

    await until("it has a certificate", () => again.identity.status().serial !== null);
  });
});
