import mqtt, { type MqttClient } from "mqtt";
import { clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { filters, topics } from "#contract/topics.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import { desiredSince } from "../fleet/twins/twin-book.ts";
import type { GuardedFile } from "../store/state/guarded-file.ts";
import type { StateStore } from "../store/state/state-store.ts";
import { loginOf } from "./broker-sign-in.ts";
import { keepConnected } from "./keep-connected.ts";
import { storedSince } from "./stored-since.ts";
import { takeReported } from "./take-reported.ts";
import { type StateParts, takeStates } from "./take-states.ts";
import type { WorkerSettings } from "./worker-messages.ts";
import type { HealthLine } from "./worker-side.ts";

const KEEPALIVE_S = 15;
const CONNECT_TIMEOUT_MS = 10_000;
/** At most one `stored` a second goes to each device. */
const TELL_EVERY_MS = 1_000;
/** Logs told in one round; the rest follow in the next. */
const LOGS_PER_ROUND = 500;
/** Twins told in one round: with updates a twin has some KiB, so a round is in memory with less than a photo has. */
const TWINS_PER_ROUND = 200;

/** What the link to the devices needs. */
export interface DeviceLinkParts extends StateParts {
  /** `twins.db`, which the fleet writes too. */
  readonly twins: GuardedFile;
  readonly health: HealthLine;
  readonly random: () => number;
}

/**
 * The ordinary connection of the cloud: devices' keys come in by `state` and what is in force there by their reported
 * twins; what the city has goes out by `stored`, what it wants by their desired twins.
 *
 * All of it is retained and told again after each connect, so nothing here needs to be durable on the way.
 */
export function linkDevices(settings: WorkerSettings, parts: DeviceLinkParts): Closer {
  const { health, clock, random, log } = parts;
  const states = takeStates(parts);
  const reported = takeReported(parts);
  return keepConnected({
    connect: async (onLost) => {
      const client = await connectClient(settings);
      client.on("message", states.take);
      client.on("message", reported.take);
      client.on("close", () => onLost(new Error("the gateway closed the connection")));
      client.on("error", onLost);
      try {
        await client.subscribeAsync(filters.state(), { qos: 1 });
        await client.subscribeAsync(filters.reported(), { qos: 1 });
      } catch (error) {
        await client.endAsync(true);
        throw error;
      }
      const tell = tellFrom(client, parts.state);
      const telling = every(
        TELL_EVERY_MS,
        async () => {
          states.retry();
          await tell();
        },
        (error) => log.warn({ event: "stored.untold", err: error }, "devices could not be told what is stored"),
      );
      const tellTwins = twinsFrom(client, parts.twins);
      const wanting = every(
        TELL_EVERY_MS,
        async () => {
          reported.keep();
          await tellTwins();
        },
        (error) => log.warn({ event: "twins.untold", err: error }, "devices could not be told what is wanted of them"),
      );
      // Ending the client first settles the publishes that wait for an answer which will not come any more.
      return { close: () => client.endAsync(true).finally(() => Promise.all([telling.close(), wanting.close()])) };
    },
    onUp: () => health.connected(true),
    onDown: (reason) => health.connected(false, reason),
    monotonicMs: clock.monotonicMs,
    random,
    log,
  });
}

/** No reconnecting of its own: a connection that is gone is replaced by `keepConnected`. */
async function connectClient({ brokerUrl, device, signIn }: WorkerSettings): Promise<MqttClient> {
  const { password, tls } = await loginOf(signIn);
  const username = clientIdOf({ tenant: RESERVED_TENANT, device });
  const options = {
    clientId: username,
    username,
    ...(password === undefined ? {} : { password }),
    ...tls,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
  };
  return await mqtt.connectAsync(brokerUrl, options, false);
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

/** Publishes the twins that have changed since the last round; a new connection begins with all of them. */
function twinsFrom(client: MqttClient, twins: GuardedFile): () => Promise<void> {
  let revision = 0;
  return async () => {
    const changed = twins.use((sql) => desiredSince(sql, revision, TWINS_PER_ROUND));
    await Promise.all(
      changed.map(({ address, desired }) =>
        client.publishAsync(topics.desired(address), JSON.stringify(desired), { qos: 1, retain: true }),
      ),
    );
    revision = changed.at(-1)?.revision ?? revision;
  };
}
