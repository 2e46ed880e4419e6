import { connect, type MqttClient } from "mqtt";
import { limits } from "#contract/limits.ts";
import { backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import { type TooLarge, watchPackets } from "#mqtt/packet-watch.ts";

/** How a client signs in. */
export interface LinkLogin {
  readonly url: string;
  readonly clientId: string;
  readonly username: string;
  /** Not needed where a certificate says who it is. */
  readonly token?: string | undefined;
  /** PEM: the authority that the broker's certificate must come from, the own certificate and its key. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  /** Seconds without a word after which a ping is sent; 30 if not said. More costs less radio, and a dead link is noticed later. */
  readonly keepaliveS?: number;
}

/** What a client shows of itself, retained: `online: true` while it is connected, else (by its last will) false. */
export interface Presence {
  readonly topic: string;
  readonly say: (online: boolean) => string;
}

/** A connection that the broker has accepted. */
export interface LinkConnection {
  readonly client: MqttClient;
  /** Ends it; of several reasons the first one counts. */
  end(code: string, reason: string): void;
}

/** What is done over one connection, from its acceptance to its end. */
export interface LinkWork extends Closer {
  /** Whether the broker has shown that it works: one that accepts and then hangs up is not hammered. */
  isUseful(): boolean;
}

/** How a link stands. */
export interface LinkStatus {
  readonly connected: boolean;
  /** Attempts to connect since the start, those under way counted. */
  readonly attempts: number;
  /** Connections since the start. */
  readonly connections: number;
  /** Why there is none, or null. */
  readonly trouble: string | null;
}

/** What a link needs. */
export interface KeptLinkOptions {
  /** A function is asked before each connection; while it rejects there is none, and its reason is the trouble. */
  readonly login: LinkLogin | (() => Promise<LinkLogin>);
  readonly presence?: Presence;
  /** Begins the work on each new connection; it is closed with the connection. */
  readonly begin: (connection: LinkConnection) => LinkWork;
  /** A connection, or an attempt at one, has ended with this code. */
  readonly onEnded?: (code: string) => void;
  /** The broker began a packet beyond `limits.packetBytes`; nothing of it is kept, and the connection ends. */
  readonly onTooLarge?: (packet: TooLarge) => void;
  /** The least time to wait after an end with this code, in milliseconds. */
  readonly leastDelayMs?: (code: string) => number;
  /** What log lines say beside the event. */
  readonly facts: () => Readonly<Record<string, unknown>>;
  readonly random: () => number;
  readonly log: Logger;
}

/** A connection that is made again whenever it is lost. */
export interface KeptLink extends Closer {
  status(): LinkStatus;
  /** Leaves the connection of the moment, if there is one, and connects anew at once. */
  reconnect(): void;
}

const RECONNECT = { baseMs: 500, maxMs: 30_000 };
const CONNECT_TIMEOUT_MS = 15_000;
const KEEPALIVE_S = 30;
const GOODBYE_TIMEOUT_MS = 2_000;

/**
 * Keeps one MQTT 3.1.1 connection, with a clean session and a back-off of its own; never rejects: a broker that is away
 * is waited for.
 */
export function keepLink(options: KeptLinkOptions): KeptLink {
  const { facts, log, random } = options;
  const closing = new AbortController();
  let status: LinkStatus = { connected: false, attempts: 0, connections: 0, trouble: "not connected yet" };
  const onConnected = () => {
    status = { ...status, connected: true, connections: status.connections + 1, trouble: null };
    log.info({ event: "uplink.connected", ...facts() }, "uplink connected");
  };

  let leave = new AbortController();

  async function keepConnected(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      leave = new AbortController();
      status = { ...status, attempts: status.attempts + 1 };
      const ended = await liveOnce(options, { closing: closing.signal, leaving: leave.signal }, onConnected);
      status = { ...status, connected: false, trouble: ended.reason };
      if (closing.signal.aborted) return;
      if (leave.signal.aborted) {
        attempt = -1;
        continue;
      }
      options.onEnded?.(ended.code);
      if (ended.wasUseful) attempt = 0;
      const delayMs = Math.max(backoffMs(attempt, RECONNECT, random()), options.leastDelayMs?.(ended.code) ?? 0);
      log.warn({ event: "uplink.lost", reason: ended.reason, delayMs, ...facts() }, "uplink lost");
      await wait(delayMs, AbortSignal.any([closing.signal, leave.signal]));
      if (leave.signal.aborted) attempt = -1;
    }
  }

  const kept = keepConnected();
  return {
    status: () => status,
    reconnect: () => leave.abort(),
    close: async () => {
      closing.abort();
      await kept;
    },
  };
}

interface Ended {
  readonly code: string;
  readonly reason: string;
  readonly wasUseful: boolean;
}

interface Signals {
  readonly closing: AbortSignal;
  /** Another connection follows at once: the broker is left without a word about being offline. */
  readonly leaving: AbortSignal;
}

/** Calls back when the signal is aborted, at once where it is already; gives the way to stop listening. */
function whenAborted(signal: AbortSignal, listener: () => void): () => void {
  signal.addEventListener("abort", listener, { once: true });
  if (signal.aborted) listener();
  return () => signal.removeEventListener("abort", listener);
}

/** One connection from its attempt to its end. */
async function liveOnce(options: KeptLinkOptions, signals: Signals, onConnected: () => void): Promise<Ended> {
  const { presence, begin, login } = options;
  let client: MqttClient;
  try {
    client = openClient(typeof login === "function" ? await login() : login, presence);
  } catch (error) {
    // Nothing to sign in with, or a certificate and a key that do not belong together.
    return { code: codeOf(error), reason: messageOf(error), wasUseful: false };
  }
  let work: LinkWork | undefined;
  let isEnded = false;
  const ended = Promise.withResolvers<{ code: string; reason: string }>();
  const end = (code: string, reason: string) => {
    isEnded = true;
    ended.resolve({ code, reason });
  };

  refuseTooLarge(client, (packet) => {
    options.onTooLarge?.(packet);
    end("packet-too-large", `the broker sent a packet of ${packet.packetBytes} bytes`);
  });
  client.on("error", (error) => end(troubleCode(error), messageOf(error) || codeOf(error)));
  client.on("close", () => end("broker-lost", "the broker closed the connection"));
  client.on("connect", () => {
    if (isEnded) return;
    onConnected();
    if (presence !== undefined) client.publish(presence.topic, presence.say(true), { qos: 1, retain: true });
    work = begin({ client, end });
  });
  const unheard = [
    whenAborted(signals.closing, () => end("closing", "closing")),
    whenAborted(signals.leaving, () => end("leaving", "connecting anew")),
  ];

  const { code, reason } = await ended.promise;
  for (const stop of unheard) stop();
  const wasUseful = work?.isUseful() ?? false;
  await work?.close();
  if (code === "closing" && client.connected) await sayGoodbye(client, presence);
  if (code === "leaving" && client.connected) await sayGoodbye(client, undefined);
  client.end(true);
  return { code, reason, wasUseful };
}

/** Leaves a broker that sends more than is taken, at the packet's first bytes: MQTT.js would gather up to 256 MB of it. */
function refuseTooLarge({ stream }: MqttClient, onTooLarge: (packet: TooLarge) => void): void {
  const watch = watchPackets(limits.packetBytes);
  const look = (chunk: Uint8Array) => {
    const packet = watch(chunk);
    if (packet === undefined) return;
    stream.off("data", look);
    onTooLarge(packet);
    stream.destroy();
  };
  stream.on("data", look);
}

/** `broker-refused` where the broker answered no (MQTT.js gives a number as code), else Node's code: `broker-econnreset`. */
function troubleCode(error: Error): string {
  return "code" in error && typeof error.code === "number" ? "broker-refused" : `broker-${codeOf(error).toLowerCase()}`;
}

function openClient(login: LinkLogin, presence: Presence | undefined): MqttClient {
  const { url, clientId, username, token, tls, keepaliveS = KEEPALIVE_S } = login;
  const will =
    presence === undefined
      ? {}
      : { will: { topic: presence.topic, payload: Buffer.from(presence.say(false)), qos: 1 as const, retain: true } };
  return connect(url, {
    protocolVersion: 4,
    clientId,
    username,
    ...(token === undefined ? {} : { password: token }),
    ...tls,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: keepaliveS,
    resubscribe: false,
    // Else mqtt-packet makes a buffer for each of 65,536 numbers: 8 MB that save nothing worth it.
    writeCache: false,
    ...will,
  });
}

/** A clean goodbye suppresses the last will, so it is said by hand; who does not listen in time is left. */
async function sayGoodbye(client: MqttClient, presence: Presence | undefined): Promise<void> {
  const said = (async () => {
    if (presence !== undefined)
      await client.publishAsync(presence.topic, presence.say(false), { qos: 1, retain: true });
    await client.endAsync(false);
  })().catch(() => {
    // The connection broke meanwhile: then the broker publishes the last will.
  });
  const enough = new AbortController();
  await Promise.race([said, wait(GOODBYE_TIMEOUT_MS, enough.signal)]);
  enough.abort();
}
