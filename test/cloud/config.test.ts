import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeConfig, loadConfig } from "#kit/load-config.ts";
import { CloudConfig, influxOf, readAdminTokenSha256, signInOf } from "../../cloud/config.ts";
import { gatewaysOf, speaksFor } from "../../cloud/ingest/gateways.ts";
import { tempFolder } from "../support/temp-folder.ts";

const load = (environment: Record<string, string>) => loadConfig(CloudConfig, { TOKEN: "secret", ...environment });

describe("the cloud's settings", () => {
  it("have a default for everything but the token", async () => {
    const config = load({});

    expect(config).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 8080,
      STALE_AFTER_S: 900,
      DEVICE: "cloud",
      RETENTION_RAW_DAYS: 0,
    });
    expect(influxOf(config)).toBeNull();
    expect(await readAdminTokenSha256(config)).toBeUndefined();
    expect(() => loadConfig(CloudConfig, {})).toThrow("TOKEN");
  });

  it.each([
    ["mqtt://127.0.0.1:1883", true],
    ["mqtt://localhost", true],
    ["mqtt://[::1]:1883", true],
    ["mqtts://gateway.example:8883", true],
    ["mqtt://gateway.example:1883", false],
    ["mqtt://127.0.0.1.example", false],
    ["http://127.0.0.1", false],
    ["nonsense", false],
  ])("of the broker %s: allowed is %s", (url, isAllowed) => {
    const attempt = () => load({ BROKER_URL: url });

    if (isAllowed) expect(attempt().BROKER_URL).toBe(url);
    else expect(attempt).toThrow("BROKER_URL");
  });

  it("sign in with a certificate or with a token", async () => {
    const certificate = { BROKER_CERT: "c.pem", BROKER_KEY: "c.pem", BROKER_URL: "mqtts://127.0.0.1" };

    const config = load({ TOKEN: "", ...certificate });
    expect(await signInOf(config)).toEqual({ token: null, certFile: "c.pem", keyFile: "c.pem", caFile: null });
    expect(() => load(certificate)).toThrow("one of BROKER_CERT");
    expect(() => load({ TOKEN: "", ...certificate, BROKER_KEY: "" })).toThrow("BROKER_KEY");
    expect(() => load({ TOKEN: "", ...certificate, BROKER_URL: "" })).toThrow("mqtts: only");
  });

  it("listen beyond loopback only with TLS, or where a proxy with TLS stands in front", () => {
    expect(() => load({ HOST: "0.0.0.0" })).toThrow("BEHIND_TLS_PROXY");
    expect(load({ HOST: "0.0.0.0", TLS_CERT: "c", TLS_KEY: "k" }).HOST).toBe("0.0.0.0");
    expect(() => load({ TLS_CERT: "c" })).toThrow("TLS_KEY");
    expect(load({ HOST: "0.0.0.0", BEHIND_TLS_PROXY: "true" }).HOST).toBe("0.0.0.0");
  });

  it("refuse an administrator's token file that is empty: it would open the desk to everybody", async () => {
    const ADMIN_TOKEN_FILE = join(await tempFolder(), "admin-token");
    await writeFile(ADMIN_TOKEN_FILE, "\n");

    await expect(readAdminTokenSha256(load({ ADMIN_TOKEN_FILE }))).rejects.toThrow("empty");
  });

  it("take InfluxDB whole or not at all", () => {
    const influx = { INFLUX_URL: "http://127.0.0.1:8086", INFLUX_TOKEN: "t", INFLUX_ORG: "o", INFLUX_BUCKET: "b" };

    expect(influxOf(load(influx))).toEqual({ url: influx.INFLUX_URL, token: "t", org: "o", bucket: "b" });
    expect(() => load({ ...influx, INFLUX_ORG: "" })).toThrow("INFLUX_URL");
  });

  it("name the city's own gateway where nothing else is said about who may say what is lost", () => {
    expect(gatewaysOf(load({}).GATEWAYS)).toEqual(new Map([["gateway", ["*"]]]));
    expect(describeConfig("cloud", CloudConfig)).toContain("[gateway=*]");
  });

  it("list gateways with their tenants", () => {
    const { GATEWAYS } = load({ GATEWAYS: "gateway=*, village-3 = chel+kopeysk" });

    const gateways = gatewaysOf(GATEWAYS);

    expect(speaksFor(gateways, "gateway", "chel")).toBe(true);
    expect(speaksFor(gateways, "village-3", "kopeysk")).toBe(true);
    expect(speaksFor(gateways, "village-3", "kirov")).toBe(false);
    expect(speaksFor(gateways, "constructor", "chel")).toBe(false);
  });

  it.each([
    ["village-3", '"village-3" must be NAME=TENANT'],
    ["village-3=", '"village-3=" must be NAME=TENANT'],
    ["gateway=*,", '"" must be NAME=TENANT'],
    ["a=b=c", '"a=b=c" must be NAME=TENANT'],
    ["village-3=chel++kirov", "must be NAME=TENANT"],
    ["dv:village=chel", "the name of a gateway"],
    ["village-3=Chel", 'the tenant "Chel"'],
    ["village-3=chel+*", "it stands alone"],
    ["a=chel,a=kirov", "named twice"],
  ])("refuse %s as the list of gateways, and say what is wrong", (GATEWAYS, words) => {
    expect(() => load({ GATEWAYS })).toThrow(words);
    expect(() => load({ GATEWAYS })).toThrow("GATEWAYS: ");
  });

  it("take secrets from files", async () => {
    const file = join(await tempFolder(), "token");
    await writeFile(file, "from-a-file\n");
    const config = load({ TOKEN: "", TOKEN_FILE: file, ADMIN_TOKEN_FILE: file });

    expect(await signInOf(config)).toMatchObject({ token: "from-a-file", certFile: null });
    expect(await readAdminTokenSha256(config)).toBe(createHash("sha256").update("from-a-file").digest("hex"));
    await expect(signInOf(load({ TOKEN: "", TOKEN_FILE: `${file}.gone` }))).rejects.toMatchObject({
      code: "bad-config",
    });
  });
});
