import { describe, expect, it } from "vitest";
import { loadConfig } from "#kit/load-config.ts";
import { GatewayConfig } from "../../../firmware-config/settings/gateway-settings.ts";
import { journalLayout } from "../../../gateway/uplink/journal-layout.ts";

const PARENT = { PARENT_URL: "mqtts://city.example:8883", PARENT_TENANTS: "chel, kopeysk", PARENT_TOKEN: "token" };
const load = (settings: Readonly<Record<string, string>>) => loadConfig(GatewayConfig, settings);
const groupsOf = (settings: Readonly<Record<string, string>>) => Object.keys(journalLayout(load(settings)).groups);

describe("the settings of a parent", () => {
  it("name the tenants with commas", () => {
    expect(load(PARENT).PARENT_TENANTS).toEqual(["chel", "kopeysk"]);
  });

  it("turn the consumer groups off, unless they are asked for", () => {
    expect(groupsOf({})).toEqual(["air", "sites"]);
    expect(groupsOf(PARENT)).toEqual([]);
    expect(groupsOf({ ...PARENT, CONSUMER_GROUPS: "air" })).toEqual(["air"]);
    expect(groupsOf({ ...PARENT, CONSUMER_GROUPS: "none" })).toEqual([]);
  });

  it("let the uplink hold every class, and nobody else where there is no group", () => {
    const { readers, classes } = journalLayout(load(PARENT));

    expect(readers).toEqual({ uplink: classes });
  });

  it.each([
    [{ PARENT_TENANTS: "chel" }, "PARENT_TENANTS"],
    [{ CONSUMER_GROUPS: "air" }, "CONSUMER_GROUPS"],
    [{ CONSUMER_GROUPS: "none" }, "CONSUMER_GROUPS"],
    [{ ...PARENT, CONSUMER_GROUPS: "wind" }, "CONSUMER_GROUPS"],
    [{ ...PARENT, PARENT_TENANTS: "" }, "PARENT_TENANTS"],
    [{ ...PARENT, PARENT_TENANTS: "dv" }, "PARENT_TENANTS"],
    [{ ...PARENT, PARENT_URL: "mqtt://city.example" }, "PARENT_URL"],
    [{ ...PARENT, PARENT_CERT: "cert.pem" }, "PARENT_KEY"],
    [{ ...PARENT, PARENT_TOKEN_FILE: "token" }, "PARENT_TOKEN"],
    [{ ...PARENT, OPEN: "true" }, "PARENT_URL"],
  ])("stop the start where they make no sense: %j", (settings, key) => {
    expect(() => load(settings)).toThrow(`${key}`);
  });
});
