import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "#kit/load-config.ts";
import { readClaim } from "../../../edge/identity/read-claim.ts";
import { EdgeConfig } from "../../../firmware-config/settings/edge-settings.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const LEAST = { TENANT: "demo", DEVICE: "post-1", TOKEN: "0123456789abcdef", BROKER_URL: "mqtts://broker.example" };
const load = (change: Readonly<Record<string, string>> = {}) => loadConfig(EdgeConfig, { ...LEAST, ...change });

describe("EdgeConfig", () => {
  it("needs only who, the secret and the broker", () => {
    expect(load()).toMatchObject({ READING_EVERY_S: 60, HTTP_PORT: 8081, SDS011_FIELDS: ["pm25", "pm10"] });
  });

  it.each(["mqtt://127.0.0.1:1883", "mqtt://localhost", "mqtt://[::1]:1883", "mqtts://10.0.0.1:8883"])(
    "takes %s",
    (url) => {
      expect(load({ BROKER_URL: url }).BROKER_URL).toBe(url);
    },
  );

  it.each(["mqtt://10.0.0.1", "mqtt://127.0.0.1.example.com", "http://127.0.0.1", "broker"])(
    "refuses %s as a broker and names the setting",
    (url) => {
      expect(() => load({ BROKER_URL: url })).toThrow(/BROKER_URL: .*mqtts:/);
    },
  );

  it.each(["08", "0900", "9e2", "15m", "4", "900.5"])(
    "takes no UPDATE_TRIAL_S that the launcher would not: %s",
    (text) => {
      expect(() => load({ UPDATE_TRIAL_S: text })).toThrow(/UPDATE_TRIAL_S/);
      expect(load({ UPDATE_TRIAL_S: "905" }).UPDATE_TRIAL_S).toBe(905);
    },
  );

  it("wants one way to sign in: the fleet, or a token", () => {
    const fleet = { TOKEN: "", FLEET_URL: "https://cloud.example" };

    expect(load(fleet).FLEET_URL).toBe("https://cloud.example");
    expect(() => load({ TOKEN: "" })).toThrow("set FLEET_URL");
    expect(() => load({ TOKEN_FILE: "/x" })).toThrow("one of them");
    expect(() => load({ ...fleet, TOKEN_FILE: "/x" })).toThrow("one of them");
    expect(() => load({ CLAIM_FILE: "/x" })).toThrow("beside FLEET_URL");
    expect(() => load({ ...fleet, CLAIM: "A".repeat(43), CLAIM_FILE: "/x" })).toThrow("one of CLAIM and CLAIM_FILE");
    expect(() => load({ ...fleet, BROKER_URL: "mqtt://127.0.0.1" })).toThrow("over mqtts: only");
  });

  it.each(["http://cloud.example", "ftp://127.0.0.1", "cloud"])("sends no claim to %s", (url) => {
    expect(() => load({ TOKEN: "", FLEET_URL: url })).toThrow(/FLEET_URL: .*https:/);
  });

  it("takes the claim from its file, without the line's end, whenever it is there", async () => {
    const file = join(await tempFolder(), "claim");
    const config = load({ TOKEN: "", FLEET_URL: "https://cloud.example", CLAIM_FILE: file });

    await expect(readClaim(config)).rejects.toThrow("cannot be read");
    await writeFile(file, "short\n");
    await expect(readClaim(config)).rejects.toThrow("is no claim");
    await writeFile(file, `${"A".repeat(43)}\n`);
    expect(await readClaim(config)).toBe("A".repeat(43));
  });

  it.each([
    ["SDS011", "ttyUSB0"],
    ["SDS011_FIELDS", "pm1"],
    ["READING_EVERY_S", "0"],
    ["PMS_MODEL", "pms1"],
    ["GPSD", "serial:/dev/ttyUSB0"],
    ["PARTICLE_WORK_S", "30"],
    ["PARTICLE_WORK_S", "60"],
    ["CLOCK", "sundial"],
  ])("names %s when it is %s", (key, value) => {
    expect(() => load({ [key]: value })).toThrow(`${key}: `);
  });
});
