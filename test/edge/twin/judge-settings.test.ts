import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadConfig } from "#kit/load-config.ts";
import { judgeSettings, overlaid } from "../../../edge/twin/judge-settings.ts";
import { EdgeConfig } from "../../../firmware-config/settings/edge-settings.ts";
import { TWIN_SETTINGS, twinSettingOf } from "../../../firmware-config/settings/twin-settings.ts";

const INSTALLED = { TENANT: "demo", DEVICE: "post-1", TOKEN: "0123456789abcdef", BROKER_URL: "mqtts://a.example:8883" };

const refusedNames = (
  wanted: Readonly<Record<string, unknown>>,
  installed: Readonly<Record<string, string>> = INSTALLED,
) => judgeSettings(wanted, installed).refused.map(({ setting }) => setting);

describe("judgeSettings", () => {
  it("takes what may be set and is right, as the text that it is", () => {
    const wanted = { READING_EVERY_S: "30", LOG_LEVEL: "debug", SDS011: "" };

    expect(judgeSettings(wanted, INSTALLED)).toEqual({ settings: wanted, refused: [] });
  });

  it("refuses by name and reason what is wrong, and takes the rest", () => {
    const wanted = {
      READING_EVERY_S: "30",
      HEALTH_EVERY_S: "1",
      TWIN_TRIAL_MIN: "0.1",
      LOG_LEVEL: "loud",
      READINGS_PER_PACK: 7,
      SHELL: "/bin/sh",
      "rm -rf": "x",
      BROKER_URL: "mqtt://elsewhere.example:1883",
      SDS011_FIELDS: "x".repeat(300),
    };

    const { settings, refused } = judgeSettings(wanted, INSTALLED);

    expect(settings).toEqual({ READING_EVERY_S: "30" });
    expect(Object.fromEntries(refused.map(({ setting, reason }) => [setting, reason]))).toEqual({
      HEALTH_EVERY_S: "must be from 10 to 3600 when it is set from outside",
      TWIN_TRIAL_MIN: "must be from 5 to 60 when it is set from outside",
      LOG_LEVEL: expect.stringContaining("debug"),
      READINGS_PER_PACK: "must be text, as in the environment",
      SHELL: "is no setting of this software",
      "rm -rf": "is no setting of this software",
      BROKER_URL: expect.stringContaining("TLS"),
      SDS011_FIELDS: "is longer than 256 characters",
    });
  });

  it("never takes who the device is, what it signs in with, whom it trusts, where its data lies or where its time comes from", () => {
    const never = ["TENANT", "DEVICE", "DATA_DIR", "FLEET_URL", "CLAIM", "CLAIM_FILE", "TOKEN", "TOKEN_FILE"];
    const trust = ["CLOCK", "GPSD", "BROKER_CA", "UPDATE_KEYS"];
    const files = ["MODEL_DIR", "CAMERA_SECRET_FILE", "IIO_DIR", "HTTP_PORT", "REPLAY", "SUPERVISED"];
    const wanted = Object.fromEntries([...never, ...trust, ...files].map((name) => [name, "demo"]));

    expect(refusedNames(wanted)).toEqual([...never, ...trust, ...files]);
  });

  it("refuses those that do not go together, and only those", () => {
    const wanted = { LOG_LEVEL: "debug", READING_EVERY_S: "40", PARTICLE_WORK_S: "50", PARTICLE_ASK: "true" };

    const { settings, refused } = judgeSettings(wanted, INSTALLED);

    expect(settings).toEqual({ LOG_LEVEL: "debug", PARTICLE_ASK: "true" });
    expect(refused.map(({ setting }) => setting).sort()).toEqual(["PARTICLE_WORK_S", "READING_EVERY_S"]);
    expect(refused[0]?.reason).toContain("PARTICLE_WORK_S: must be 0, or more than the 30 s");
  });

  it("refuses packs of more than an hour, also where the other half is installed, but not what a person installed", () => {
    const long = { READING_EVERY_S: "3600", READINGS_PER_PACK: "360" };

    expect(judgeSettings(long, INSTALLED)).toEqual({
      settings: { READING_EVERY_S: "3600" },
      refused: [{ setting: "READINGS_PER_PACK", reason: expect.stringContaining("more than 3600 s") }],
    });
    expect(refusedNames({ READINGS_PER_PACK: "60" })).toEqual([]);
    expect(refusedNames({ READINGS_PER_PACK: "61" })).toEqual(["READINGS_PER_PACK"]);
    expect(refusedNames({ LOG_LEVEL: "debug" }, { ...INSTALLED, ...long })).toEqual([]);
  });

  it("takes together what would be wrong one by one, and refuses what does not go with the installed settings", () => {
    const both = { PARTICLE_WORK_S: "90", READING_EVERY_S: "120" };
    const installed = { ...INSTALLED, PARTICLE_WORK_S: "40" };

    expect(judgeSettings(both, INSTALLED)).toEqual({ settings: both, refused: [] });
    expect(refusedNames({ READING_EVERY_S: "35" }, installed)).toEqual(["READING_EVERY_S"]);
    expect(refusedNames({ CAMERA_OPTIONS: "width=640" })).toEqual(["CAMERA_OPTIONS"]);
  });

  it("takes no address from outside that leads into the network of the device, to a file, or to a stranger's photos", () => {
    const wanted = {
      SDS011: "tcp://10.0.0.5:22",
      PMS: "unix:/run/x.sock",
      SPS30: "serial:/var/lib/dvornik/outbox.sqlite",
    };
    const cameras = ["url:http://192.168.1.1/photo.jpg", "folder:/etc"];

    expect(refusedNames(wanted)).toEqual(["SDS011", "PMS", "SPS30"]);
    expect(refusedNames({ SPS30: "serial:/dev/serial/by-id/../../mem" })).toEqual(["SPS30"]);
    expect(refusedNames({ SDS011: "serial:/dev/ttyUSB1", PMS: "serial:/dev/serial/by-id/usb-1a86-port0" })).toEqual([]);
    expect(refusedNames({ SDS011: "tcp://10.0.0.5:22" }, { ...INSTALLED, SDS011: "tcp://10.0.0.5:22" })).toEqual([]);
    for (const CAMERA of cameras) expect(refusedNames({ CAMERA })).toEqual(["CAMERA"]);
    expect(refusedNames({ CAMERA: "folder:/a" }, { ...INSTALLED, CAMERA: "folder:/a" })).toEqual([]);
  });

  it("does not take a truck's camera away, nor a battery's saving", () => {
    const truck = { ...INSTALLED, CAMERA: "auto", POWER_PROFILE: "battery" };

    expect(refusedNames({ CAMERA: "none", POWER_PROFILE: "mains" }, truck)).toEqual(["CAMERA", "POWER_PROFILE"]);
    expect(refusedNames({ CAMERA: "", POWER_PROFILE: "" }, truck)).toEqual(["CAMERA", "POWER_PROFILE"]);
    expect(refusedNames({ CAMERA: "" }, { ...INSTALLED, CAMERA_FOLDER: "/photos" })).toEqual(["CAMERA"]);
    expect(refusedNames({ CAMERA: "rpicam", POWER_PROFILE: "solar" }, truck)).toEqual([]);
    expect(refusedNames({ CAMERA: "none", POWER_PROFILE: "mains" })).toEqual([]);
  });

  it("moves to another broker only where the installed authority vouches for it", () => {
    const pinned = { ...INSTALLED, BROKER_CA: "/etc/dvornik/ca.pem" };

    expect(refusedNames({ BROKER_URL: "mqtts://evil.example:8883" })).toEqual(["BROKER_URL"]);
    expect(refusedNames({ BROKER_URL: "mqtts://a.example:9999" })).toEqual([]);
    expect(refusedNames({ BROKER_URL: "mqtts://b.example:8883" }, pinned)).toEqual([]);
    expect(refusedNames({ BROKER_URL: "mqtt://127.0.0.1:1883" }, pinned)).toEqual(["BROKER_URL"]);
  });

  it("takes no outbox that no card could hold", () => {
    expect(refusedNames({ OUTBOX_BYTES: "9000000000000000" })).toEqual(["OUTBOX_BYTES"]);
    expect(refusedNames({ OUTBOX_BYTES: "1" })).toEqual(["OUTBOX_BYTES"]);
  });

  it("says at most 64 refusals, the last of which counts the others", () => {
    const wanted = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`NO_${i}`, "1"]));

    const { refused } = judgeSettings(wanted, INSTALLED);

    expect(refused).toHaveLength(64);
    expect(refused.at(-1)).toEqual({ setting: "*", reason: "2937 more were refused" });
  });

  it("gives settings that load and refuses the rest, whatever is wanted", () => {
    const names = fc.constantFrom(...Object.keys(EdgeConfig.shape), "__proto__", "constructor", "X");
    const values = fc.oneof(
      fc.constantFrom("", "0", "1", "5", "40", "600", "true", "auto", "none", "rpicam", "folder:/x", "width=640"),
      fc.constantFrom("serial:/dev/ttyUSB0", "tcp://a:1", "mqtts://b.example", "mqtt://127.0.0.1:1"),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.dictionary(names, values), (wanted) => {
        const { settings, refused } = judgeSettings(wanted, INSTALLED);

        const config = overlaid(INSTALLED, settings);
        expect(config).toMatchObject({ TENANT: "demo", DEVICE: "post-1", TOKEN: INSTALLED.TOKEN });
        expect(Object.keys(settings).every((name) => twinSettingOf(name) !== undefined)).toBe(true);
        expect([...Object.keys(settings), ...refused.map(({ setting }) => setting)].sort()).toEqual(
          Object.keys(wanted).sort(),
        );
      }),
    );
  });
});

describe("TWIN_SETTINGS", () => {
  it("has bounds in which the default lies", () => {
    const defaults = loadConfig(EdgeConfig, INSTALLED);
    const wrong = Object.keys(TWIN_SETTINGS).filter((name) => {
      const value = new Map<string, unknown>(Object.entries(defaults)).get(name);
      const { least = -Infinity, most = Infinity } = twinSettingOf(name) ?? {};
      return typeof value === "number" && (value < least || value > most);
    });

    expect(wrong).toEqual([]);
  });
});
