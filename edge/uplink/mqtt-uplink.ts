import { connect, type MqttClient } from "mqtt";
import type { z } from "zod";
import { limits } from "#contract/limits.ts";
import { DeviceState, Stored } from "#contract/messages.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import { backoffMs } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import type { Counters } from "../health/counters.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { type Sender, startSender } from "./sender.ts";
import type { Uplink, UplinkStatus } from "./uplink.ts";

/** A device's `state` but for whether it is online. */
export const DeviceFacts = DeviceState.omit({ online: true });
export type DeviceFacts = z.infer<typeof DeviceFacts>;

/** What an uplink needs. */
export interface MqttUplinkOptions {
  readonly url: string;
  readonly address: Address;
  readonly token: string;
  readonly outbox: Outbox;
  /** What is published, retained, while connected; the last will says the same with `online: false`. */
  readonly state: DeviceFacts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly counters: Counters;
  readonly log: Logger;
}

const RECONNECT = { baseMs: 500, maxMs: 30_000 };
const CONNECT_TIMEOUT_MS = 15_000;
const KEEPALIVE_S = 30;
/** A broker that answers pings but acknowledges nothing for this long is as good as gone. */
const ACKNOWLEDGE_TIMEOUT_MS = 60_000;
const GOODBYE_TIMEOUT_MS = 2_000;

/**
 * Keeps one MQTT 3.1.1 connection with its own back-off and sends the outbox over it; never rejects: a broker that is
 * away is waited for.
 */
export function startMqttUplink(options: MqttUplinkOptions): Uplink {
  const { outbox, counters, log, random } = options;
  const closing = new AbortController();
  let status: UplinkStatus = { connected: false, connections: 0, trouble: "not connected yet", stored: null };
  const setStatus = (change: Partial<UplinkStatus>) => {
    status = { ...status, ...change };
  };

  async function keepConnected(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      const ended = await liveOnce(options, closing.signal, status.connections, setStatus);
      setStatus({ connected: false, trouble: ended.reason });
      if (closing.signal.aborted) return;
      counters.count(ended.code);
      // Only an acknowledgement shows that the broker works: one that accepts and then hangs up is not hammered.
      if (ended.wasUseful) attempt = 0;
      const delayMs = backoffMs(attempt, RECONNECT, random());
      log.warn({ event: "uplink.lost", reason: ended.reason, delayMs, pending: outbox.pending().total }, "uplink lost");
      await wait(delayMs, closing.signal);
    }
  }

  const kept = keepConnected();
  return {
    status: () => status,
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

/** One connection from its attempt to its end. */
async function liveOnce(
  options: MqttUplinkOptions,
  signal: AbortSignal,
  before: number,
  setStatus: (change: Partial<UplinkStatus>) => void,
): Promise<Ended> {
  const { outbox, counters, log, clock } = options;
  const client = openClient(options);
  let sender: Sender | undefined;
  let isEnded = false;
  const ended = Promise.withResolvers<{ code: string; reason: string }>();
  const end = (code: string, reason: string) => {
    isEnded = true;
    ended.resolve({ code, reason });
  };

  client.on("error", (error) => end(troubleCode(error), messageOf(error) || codeOf(error)));
  client.on("close", () => end("broker-lost", "the broker closed the connection"));
  client.on("message", (_topic, payload) => noteStored(payload, outbox.log, setStatus));
  client.on("connect", () => {
    if (isEnded) return;
    setStatus({ connected: true, connections: before + 1, trouble: null });
    log.info({ event: "uplink.connected", pending: outbox.pending().total }, "uplink connected");
    greet(client, options, (error) => end("broker-refused", messageOf(error)));
    sender = startSender(
      outbox,
      (topic, bytes, onAcknowledged) => {
        client.publish(topic, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { qos: 1 }, (error) => {
          if (error === undefined || error === null) onAcknowledged();
          else end("broker-lost", messageOf(error));
        });
      },
      limits.uplinkWindow,
      (error) => {
        counters.count(codeOf(error));
        end("outbox-unreadable", messageOf(error));
      },
    );
  });
  const watch = watchAcknowledgements(
    () => sender,
    clock,
    () => {
      end("broker-silent", "the broker acknowledges nothing");
    },
  );
  const onAbort = () => end("closing", "closing");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();

  const { code, reason } = await ended.promise;
  signal.removeEventListener("abort", onAbort);
  sender?.stop();
  await watch.close();
  if (code === "closing" && client.connected) await sayGoodbye(client, options);
  client.end(true);
  return { code, reason, wasUseful: (sender?.acknowledgements ?? 0) > 0 };
}

/** `broker-refused` where the broker answered no (MQTT.js gives a number as code), else Node's code: `broker-econnreset`. */
function troubleCode(error: Error): string {
  return "code" in error && typeof error.code === "number" ? "broker-refused" : `broker-${codeOf(error).toLowerCase()}`;
}

function openClient({ url, address, token, state }: MqttUplinkOptions): MqttClient {
  return connect(url, {
    protocolVersion: 4,
    clientId: clientIdOf(address),
    username: clientIdOf(address),
    password: token,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_S,
    resubscribe: false,
    will: {
      topic: topics.state(address),
      payload: Buffer.from(JSON.stringify({ ...state, online: false })),
      qos: 1,
      retain: true,
    },
  });
}

/** Says who is here and asks what the city has. */
function greet(client: MqttClient, { address, state }: MqttUplinkOptions, onRefused: (error: unknown) => void): void {
  const payload = JSON.stringify({ ...state, online: true });
  client.publish(topics.state(address), payload, { qos: 1, retain: true });
  client.subscribe(topics.stored(address), { qos: 1 }, (error) => {
    if (error !== null && error !== undefined) onRefused(error);
  });
}

/** A clean goodbye suppresses the last will, so it is said by hand; who does not listen in time is left. */
async function sayGoodbye(client: MqttClient, { address, state }: MqttUplinkOptions): Promise<void> {
  const payload = JSON.stringify({ ...state, online: false });
  const said = client.publishAsync(topics.state(address), payload, { qos: 1, retain: true }).then(
    () => client.endAsync(false),
    // The connection broke meanwhile: then the broker publishes the last will.
    () => {},
  );
  const enough = new AbortController();
  await Promise.race([said, wait(GOODBYE_TIMEOUT_MS, enough.signal)]);
  enough.abort();
}

function noteStored(payload: Uint8Array, log: string, setStatus: (change: Partial<UplinkStatus>) => void): void {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    // Not ours to repair: the next one replaces it.
    return;
  }
  const stored = Stored.safeParse(json);
  if (stored.success && stored.data.log === log) setStatus({ stored: stored.data });
}

function watchAcknowledgements(current: () => Sender | undefined, clock: Clock, onSilent: () => void) {
  let last = -1;
  let sinceMs = clock.monotonicMs();
  return every(
    ACKNOWLEDGE_TIMEOUT_MS / 12,
    async () => {
      const sender = current();
      if (sender === undefined || sender.inFlight === 0 || sender.acknowledgements !== last) {
        last = sender?.acknowledgements ?? -1;
        sinceMs = clock.monotonicMs();
      } else if (clock.monotonicMs() - sinceMs > ACKNOWLEDGE_TIMEOUT_MS) onSilent();
    },
    onSilent,
  );
}
