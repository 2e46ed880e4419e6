import { Aedes } from "aedes";
import { limits } from "#contract/limits.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import type { Will } from "#mqtt/connect.ts";
import type { Rules } from "./access/rules.ts";
import { BrokerLink } from "./front/broker-link.ts";
import type { Metrics } from "./metrics.ts";
import { RetainedFull } from "./retained/retained-budget.ts";
import type { RetainedMessage, RetainedMessages } from "./retained/retained-messages.ts";
import type { Wills } from "./retained/wills.ts";

/** Everything that is not durable data: sessions, live topics, wills, and retained state and twins, which lie on disk. */
export interface Broker extends Closer {
  /** Serves one connection; its first packet must be the CONNECT of `link.identity` with `link.will`. */
  serve(link: BrokerLink): void;
  /** Publishes a retained message in the gateway's own name; it is on disk when this resolves. */
  retain(message: RetainedMessage): Promise<void>;
  /** Calls back for everything that is published from now on, wills too; what is retained is on disk before. */
  onPublished(listener: (message: PublishedMessage) => void): void;
}

/** What somebody published, or the gateway itself. */
export interface PublishedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/** What the broker is built from. */
export interface BrokerParts {
  readonly rules: Rules;
  readonly retained: RetainedMessages;
  readonly wills: Wills;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Time for those who were connected before a kill to come back before their wills are published. */
  readonly returnWithinMs: number;
}

const SLOW_SUBSCRIBER_MS = 10_000;
/** MQTT 3.1 allows 23 characters; who may connect is not for the broker to say. */
const MAX_CLIENT_ID = 0xffff;

/**
 * Starts aedes behind the front; it trusts the identity that the front gave the link.
 *
 * aedes acknowledges before it stores, so a retained message waits in `authorizePublish` until it is on disk.
 */
export async function startBroker({
  rules,
  retained,
  wills,
  metrics,
  log,
  returnWithinMs,
}: BrokerParts): Promise<Broker> {
  const linkOf = (client: { conn: unknown } | null) => (client?.conn instanceof BrokerLink ? client.conn : undefined);
  const keep = async (message: RetainedMessage, clientId: string) => {
    try {
      await retained.keep(message);
    } catch (error) {
      const reason = error instanceof RetainedFull ? error.code : "journal-unavailable";
      metrics.refuse(reason, clientId, `${messageOf(error)}: retain ${message.topic}`);
      throw error;
    }
  };
  const aedes = await Aedes.createBroker({
    maxClientsIdLength: MAX_CLIENT_ID,
    drainTimeout: SLOW_SUBSCRIBER_MS,
    authenticate: (client, _username, _password, done) => done(null, linkOf(client) !== undefined),
    authorizePublish: (client, packet, done) => {
      const identity = linkOf(client)?.identity;
      const refusal = identity === undefined ? "topic" : rules.refusalOfPublish(identity, packet);
      if (refusal !== undefined) {
        metrics.refuse(refusal, identity?.clientId ?? "", `publish on ${packet.topic}`);
        return done(new Error(`publish refused: ${refusal}`));
      }
      if (!packet.retain) return done(null);
      const { topic, payload, qos } = packet;
      return keep({ topic, payload: Buffer.from(payload), qos }, identity?.clientId ?? "").then(
        () => done(null),
        (error: unknown) => done(new Error(`not retained: ${messageOf(error)}`)),
      );
    },
    authorizeSubscribe: (client, subscription, done) => {
      const { topic } = subscription;
      const link = linkOf(client);
      const hasRoom = link !== undefined && (link.filters.has(topic) || link.filters.size < limits.filtersPerClient);
      if (hasRoom && rules.maySubscribe(link.identity, topic)) {
        link.filters.add(topic);
        return done(null, subscription);
      }
      metrics.refuse("subscription", link?.identity.clientId ?? "", `subscribe to ${topic}`);
      return done(null, null);
    },
  });
  aedes.on("unsubscribe", (topics, client) => {
    for (const topic of topics) linkOf(client)?.filters.delete(topic);
  });
  const report = (client: { id: string }, error: Error) =>
    log.debug({ event: "client.failed", client: client.id, err: error }, "client failed");
  aedes.addListener("error", (error) => log.error({ event: "broker.failed", err: error }, "the inner broker failed"));
  aedes.on("clientError", report);
  aedes.on("connectionError", report);
  const leaving = new WeakMap<object, () => void>();
  aedes.on("client", ({ conn }) => {
    if (conn instanceof BrokerLink) leaving.set(conn, wills.arrive(conn.identity.clientId, conn.will));
  });
  aedes.on("clientDisconnect", ({ conn }) => leaving.get(conn)?.());

  const publish = ({ topic, payload, qos, retain }: Will) =>
    new Promise<void>((resolve, reject) => {
      const level = qos === 2 ? 2 : qos === 1 ? 1 : 0;
      aedes.publish({ cmd: "publish", topic, payload, qos: level, retain, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  const retain = async (message: RetainedMessage) => {
    await keep(message, "the gateway itself");
    await publish({ ...message, retain: true });
  };
  for (const message of await retained.all()) await publish({ ...message, retain: true });
  const speaking = setTimeout(() => speakWills(), returnWithinMs);
  const speakWills = () => {
    for (const { clientId, ...will } of wills.unspoken()) {
      log.info({ event: "will.published", client: clientId }, "a client of before the restart has not come back");
      const done = wills.arrive(clientId, will);
      const speak = will.retain ? retain({ ...will, qos: 1 }) : publish(will);
      speak.then(done, (error: unknown) => log.error({ event: "will.failed", err: error }, "a will was not published"));
    }
  };
  return {
    serve: (link) => {
      aedes.handle(link);
    },
    retain,
    onPublished: (listener) => {
      aedes.on("publish", ({ topic, payload, retain: isRetained }) => {
        listener({ topic, payload: Buffer.from(payload), retain: isRetained });
      });
    },
    close: () => {
      clearTimeout(speaking);
      return new Promise((resolve) => aedes.close(() => resolve()));
    },
  };
}
