import { describe, expect, it } from "vitest";
import { BrokerUrl } from "#contract/broker-url.ts";

const isAccepted = (text: string) => BrokerUrl.safeParse(text).success;

describe("a broker's address", () => {
  it("may be without TLS on this machine only", () => {
    for (const url of ["mqtt://127.0.0.1:1883", "mqtt://localhost", "mqtt://[::1]:1883", "mqtts://town.example:8883"]) {
      expect(isAccepted(url)).toBe(true);
    }
    for (const url of ["mqtt://town.example", "mqtt://127.0.0.1.evil.example", "http://127.0.0.1", "127.0.0.1", ""]) {
      expect(isAccepted(url)).toBe(false);
    }
  });
});
