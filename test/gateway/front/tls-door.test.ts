import { connect as connectTcp } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/logger.ts";
import { Admission } from "../../../gateway/front/admission.ts";
import { listen } from "../../../gateway/front/listener.ts";
import { Metrics } from "../../../gateway/metrics.ts";
import { openRaw, openTls } from "../../support/raw-mqtt.ts";
import { makeAuthority } from "../../support/test-authority.ts";
import { until } from "../../support/until.ts";

const HANDSHAKE_WITHIN_MS = 500;

/** A TLS port with room for one connection, whose handshakes have half a second. */
async function listenForOne() {
  const { server } = await makeAuthority();
  const log = createLogger("test", "silent");
  const metrics = new Metrics(systemClock, log);
  const files = { certFile: server.TLS_CERT, keyFile: server.TLS_KEY };
  const tls = { ...files, authority: undefined, mayHaveNone: true, handshakeWithinMs: HANDSHAKE_WITHIN_MS };
  const admission = new Admission(() => ({ maxConnections: 1, maxConnectionsPerAddress: 1 }));
  const where = { host: "127.0.0.1", port: 0, tls };
  const listener = await listen(where, (socket) => socket.on("error", () => socket.destroy()), admission, metrics, log);
  onTestFinished(async () => {
    await listener.stop();
    listener.cut();
    await listener.closed();
  });
  return { port: listener.port, metrics };
}

describe("a TLS handshake that does not end", () => {
  it.each<[string, (port: number) => Promise<unknown>]>([
    ["because nothing is said", (port) => openRaw(port)],
    ["because its bytes trickle", trickle],
  ])("is closed %s, and the next client has its place", async (_, begin) => {
    const { port, metrics } = await listenForOne();
    const gone = await begin(port);

    await until("its place is free", () => openTls(port, { rejectUnauthorized: false }));

    expect(gone).toMatchObject({ socket: { closed: true } });
    expect(metrics.refused()).toMatchObject({ handshake: 1 });
  });
});

/** Begins a record of TLS and sends it byte by byte. */
async function trickle(port: number) {
  const socket = connectTcp(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.resume();
  socket.write(Buffer.from([0x16, 0x03, 0x01, 0x40, 0x00]));
  const trickling = setInterval(() => socket.write(Buffer.from([1])), 50);
  socket.once("close", () => clearInterval(trickling));
  return { socket };
}
