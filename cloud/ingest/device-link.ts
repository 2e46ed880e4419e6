import mqtt, { type MqttClient } from "mqtt";
import { z } from "zod";
import { DeviceState } from "#contract/messages.ts";
import { type Address, clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { filters, parseTopic, topics } from "#contract/topics.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { verifyVisits } from "../sites/visit-book.ts";
import { addTo } from "../store/state/counters.ts";
import { pinKey, pinnedKeyOf } from "../store/state/devices.ts";
import type { StateStore } from "../store/state/state-store.ts";
import type { IngestEvent } from "./events.ts";
import { keepConnected } from "./keep-connected.ts";
import { storedSince } from "./stored-since.ts";
import type { WorkerSettings } from "./worker-messages.ts";
import type { HealthLine } from "./worker-side.ts";

const KEEPALIVE_S = 15;
const CONNECT_TIMEOUT_MS = 10_000;
/** At most one `stored` a second goes to each device. */
const TELL_EVERY_MS = 1_000;
/** Logs told in one round; the rest follow in the next. */
const LOGS_PER_ROUND = 500;

/** What the link to the devices needs. */
export interface DeviceLinkParts {
  readonly state: StateStore;
  readonly health: HealthLine;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly onEvents: (events: readonly IngestEvent[]) => void;
}

/**
 * The ordinary connection of the cloud: devices' keys come in by `state`, what the city has goes out by `stored`.
 *
 * Both are retained and told again after each connect, so nothing here needs to be durable on the way.
 */
export function linkDevices(settings: WorkerSettings, parts: DeviceLinkParts): Closer {
  const { health, clock, random, log } = parts;
  return keepConnected({
    connect: async (onLost) => {
      const client = await connectClient(settings);
      client.on("message", (topic, payload) => takeState(topic, payload, parts));
      client.on("close", () => onLost(new Error("the gateway closed the connection")));
      client.on("error", onLost);
      try {
        await client.subscribeAsync(filters.state, { qos: 1 });
      } catch (error) {
        await client.endAsync(true);
        throw error;
      }
      const telling = every(TELL_EVERY_MS, tellFrom(client, parts.state), (error) =>
        log.warn({ event: "stored.untold", err: error }, "devices could not be told what is stored"),
      );
      // Ending the client first settles the publishes that wait for an answer which will not come any more.
      return { close: () => client.endAsync(true).finally(() => telling.close()) };
    },
    onUp: () => health.connected(true),
    onDown: (reason) => health.connected(false, reason),
    monotonicMs: clock.monotonicMs,
    random,
    log,
  });
}

/** No reconnecting of its own: a connection that is gone is replaced by `keepConnected`. */
function connectClient({ brokerUrl, device, token }: WorkerSettings): Promise<MqttClient> {
  const username = clientIdOf({ tenant: RESERVED_TENANT, device });
  const options = {
    clientId: username,
    username,
    password: token,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
  };
  return mqtt.connectAsync(brokerUrl, options, false);
}

/** Publishes what has changed since the last round; a new connection begins with everything. */
function tellFrom(client: MqttClient, state: StateStore): () => Promise<void> {
  let revision = 0;
  return async () => {
    const changed = state.read((sql) => storedSince(sql, revision, LOGS_PER_ROUND));
    await Promise.all(
      changed.map(({ address, stored }) =>
        client.publishAsync(topics.stored(address), JSON.stringify(stored), { qos: 1, retain: true }),
      ),
    );
    revision = changed.at(-1)?.revision ?? revision;
  };
}

/** A device's `state`: its key is pinned at first use, and visits that waited for it are checked. */
function takeState(topic: string, payload: Uint8Array, parts: DeviceLinkParts): void {
  const parsed = parseTopic(topic);
  const shown = StateJson.safeParse(Buffer.from(payload).toString());
  if (parsed?.kind !== "state" || !shown.success) {
    if (payload.length > 0) parts.log.warn({ event: "state.rejected", topic }, "a device's state cannot be read");
    return;
  }
  try {
    parts.onEvents(pin(parsed.address, shown.data.publicKey, parts));
  } catch (error) {
    // The gateway keeps the state and tells it again with the next connect.
    parts.log.warn({ event: "state.unkept", topic, err: error }, "a device's state could not be kept");
  }
}

function pin(address: Address, key: string, { state, clock, log }: DeviceLinkParts): readonly IngestEvent[] {
  // A whole fleet that comes back shows known keys: no transaction for those.
  if (state.read((sql) => pinnedKeyOf(sql, address)) === key) return [];
  return state.transaction(clock.nowMs(), ({ sql, nowMs }) => {
    const pinning = pinKey(sql, address, key, nowMs);
    if (pinning === "refused") {
      addTo(sql, "refused-keys", 1);
      log.warn({ event: "key.refused", ...address }, "a device shows another key than the pinned one");
    }
    return pinning === "pinned" ? verifyVisits(sql, address) : [];
  });
}

const StateJson = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "not JSON" });
      return z.NEVER;
    }
  })
  .pipe(DeviceState);
