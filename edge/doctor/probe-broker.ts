import { lookup } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { connectAsync } from "mqtt";
import { messageOf } from "#kit/errors.ts";
import type { LinkLogin } from "#uplink/kept-link.ts";
import type { Finding } from "../health/finding.ts";

/** How far to go, and with what. */
export interface BrokerProbe {
  readonly url: string;
  /** PEM of a private authority. */
  readonly ca: Buffer | undefined;
  /** What to sign in with; undefined: it is not tried, since the agent itself may just be at it. */
  readonly login: (() => Promise<LinkLogin>) | undefined;
  readonly withinMs?: number;
}

const WITHIN_MS = 8_000;

/** Goes towards a broker step by step, name, connection, TLS, login, and says at which one it ends. Never rejects. */
export async function probeBroker({ url, ca, login, withinMs = WITHIN_MS }: BrokerProbe): Promise<Finding> {
  const { hostname, port: given, protocol } = new URL(url);
  const isSecure = protocol === "mqtts:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const port = given === "" ? (isSecure ? 8883 : 1883) : Number(given);
  const say = (code: Finding["code"], error?: unknown): Finding => ({
    part: "broker",
    code,
    values: { host, port },
    detail: error === undefined ? null : messageOf(error),
  });
  try {
    await lookup(host);
  } catch (error) {
    return say("broker-no-name", error);
  }
  try {
    (await opened(connectTcp({ host, port }), "connect", withinMs)).destroy();
  } catch (error) {
    return say("broker-no-way", error);
  }
  if (isSecure) {
    try {
      // A gateway that looks at certificates ends a handshake without one only after its own side of it.
      const options = { host, port, ...(ca !== undefined && { ca }), servername: /[a-z]/i.test(host) ? host : "" };
      const socket: TLSSocket = connectTls(options);
      (await opened(socket, "secureConnect", withinMs)).destroy();
    } catch (error) {
      return say("broker-no-tls", error);
    }
  }
  if (login === undefined) return say("broker-reachable");
  try {
    const { clientId, username, token, tls } = await login();
    const credentials = { clientId, username, ...(token !== undefined && { password: token }), ...tls };
    const options = { protocolVersion: 4 as const, clean: true, reconnectPeriod: 0, connectTimeout: withinMs };
    const client = await connectAsync(url, { ...options, ...credentials }, false);
    await client.endAsync(true);
    return say("broker-lets-in");
  } catch (error) {
    return say("broker-refuses", error);
  }
}

/** A socket once it is there; rejects when it fails or takes too long. */
async function opened<Socket extends ReturnType<typeof connectTcp>>(
  socket: Socket,
  event: "connect" | "secureConnect",
  withinMs: number,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${withinMs} ms`)), withinMs);
  socket.once(event, () => resolve(socket));
  socket.once("error", reject);
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    // What comes after the answer is not our affair any more.
    socket.on("error", () => {});
  }
}
