import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "#kit/load-config.ts";
import { EdgeConfig, readToken } from "../../edge/config.ts";
import { tempFolder } from "../support/temp-folder.ts";

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

  it("wants one of TOKEN and TOKEN_FILE", () => {
    expect(() => load({ TOKEN: "" })).toThrow("set TOKEN or TOKEN_FILE");
    expect(() => load({ TOKEN_FILE: "/x" })).toThrow("set TOKEN or TOKEN_FILE");
  });

  it("takes the secret from its file, without the line's end", async () => {
    const file = join(await tempFolder(), "token");
    await writeFile(file, "abcdefgh12345678\n");

    expect(await readToken(load({ TOKEN: "", TOKEN_FILE: file }))).toBe("abcdefgh12345678");
    await expect(readToken(load({ TOKEN: "", TOKEN_FILE: `${file}-2` }))).rejects.toThrow("cannot be read");
  });

  it.each([
    ["SDS011", "ttyUSB0"],
    ["SDS011_FIELDS", "pm1"],
    ["READING_EVERY_S", "0"],
    ["CLOCK", "sundial"],
  ])("names %s when it is %s", (key, value) => {
    expect(() => load({ [key]: value })).toThrow(`${key}: `);
  });
});
