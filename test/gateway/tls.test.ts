import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import mqtt from "mqtt";
import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { connectPacket, openRaw } from "../support/raw-mqtt.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startGatewayHere } from "../support/test-gateway.ts";

const TOPIC = topics.data({ tenant: "demo", device: "truck-1" }, "reading");

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    // Without it there is no certificate to test with; the test then says that it was skipped.
    return false;
  }
}

describe("a gateway with a certificate", () => {
  it.skipIf(!hasOpenssl())("speaks TLS only (needs openssl to make a certificate)", async () => {
    const folder = await tempFolder();
    const key = join(folder, "key.pem");
    const cert = join(folder, "cert.pem");
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"];
    execFileSync("openssl", ["req", "-x509", "-newkey", "ed25519", "-keyout", key, "-out", cert, ...subject], {
      stdio: "ignore",
    });
    const gateway = await startGatewayHere({
      clients: ["demo:truck-1"],
      settings: { TLS_CERT: cert, TLS_KEY: key },
    });
    const login = {
      clientId: "demo:truck-1",
      username: "demo:truck-1",
      password: gateway.tokenOf("demo:truck-1"),
      reconnectPeriod: 0,
    };

    const client = await mqtt.connectAsync(`mqtts://127.0.0.1:${gateway.port}`, { ...login, ca: await readFile(cert) });
    await client.publishAsync(TOPIC, "x", { qos: 1 });
    await client.endAsync();

    expect((await gateway.health()).acknowledged).toBe(1);
    const plain = await openRaw(gateway.port);
    plain.send(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }));
    await plain.closed();
    expect(plain.received).toEqual([]);
  });
});
