import { describe, expect, it } from "vitest";
import { BadConfig, loadConfig } from "#kit/load-config.ts";
import { GatewayConfig } from "../../../firmware-config/settings/gateway-settings.ts";

describe("GatewayConfig", () => {
  it("listens on loopback and caps packets without any setting", () => {
    expect(loadConfig(GatewayConfig, {})).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 1883,
      MAX_PACKET_BYTES: 262_144,
      CONSUMER_WINDOW: 16_000,
    });
  });

  it("refuses to listen beyond loopback without TLS, by the key's name", () => {
    expect(() => loadConfig(GatewayConfig, { HOST: "0.0.0.0" })).toThrow(/HOST: .*TLS_CERT and TLS_KEY/);
    expect(loadConfig(GatewayConfig, { HOST: "0.0.0.0", TLS_CERT: "a.pem", TLS_KEY: "b.pem" }).HOST).toBe("0.0.0.0");
  });

  it.each([{ TLS_CERT: "a.pem" }, { PORT: "70000" }, { MAX_PACKET_BYTES: "many" }, { CONSUMER_WINDOW: "65536" }])(
    "refuses %o",
    (environment) => {
      expect(() => loadConfig(GatewayConfig, environment)).toThrow(BadConfig);
    },
  );
});
