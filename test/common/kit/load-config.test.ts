import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeConfig, loadConfig } from "#kit/load-config.ts";

const Config = z.object({
  PORT: z.coerce.number().int().min(1).default(8080).describe("port of the map"),
  TOKEN: z.string().min(8).describe("the device's token"),
});

describe("loadConfig", () => {
  it("takes defaults for what is not set or empty", () => {
    expect(loadConfig(Config, { PORT: "", TOKEN: "12345678", OTHER: "x" })).toEqual({ PORT: 8080, TOKEN: "12345678" });
  });

  it("names every wrong key in one error", () => {
    expect(() => loadConfig(Config, { PORT: "zero" })).toThrow(/PORT: .*\n {2}TOKEN: /s);
  });
});

describe("describeConfig", () => {
  it("lists each setting with its description and default", () => {
    const help = describeConfig("a part", Config);

    expect(help).toMatch(/PORT +port of the map \[8080\]/);
    expect(help).toMatch(/TOKEN +the device's token \[required\]/);
  });
});
