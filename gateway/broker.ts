import { Aedes } from "aedes";
import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import type { Rules } from "./access/rules.ts";
import { BrokerLink } from "./front/broker-link.ts";
import type { Metrics } from "./metrics.ts";

/** Everything that is not durable: sessions, retained state, twins, live topics, wills. In memory. */
export interface Broker extends Closer {
  /** Serves one connection; its first packet must be the CONNECT of `link.identity`. */
  serve(link: BrokerLink): void;
}

const SLOW_SUBSCRIBER_MS = 10_000;
/** MQTT 3.1 allows 23 characters; who may connect is not for the broker to say. */
const MAX_CLIENT_ID = 0xffff;

/** Starts aedes behind the front; it trusts the identity that the front gave the link. */
export async function startBroker(rules: Rules, metrics: Metrics, log: Logger): Promise<Broker> {
  const identityOf = (client: { conn: unknown } | null) =>
    client?.conn instanceof BrokerLink ? client.conn.identity : undefined;
  const aedes = await Aedes.createBroker({
    maxClientsIdLength: MAX_CLIENT_ID,
    drainTimeout: SLOW_SUBSCRIBER_MS,
    authenticate: (client, _username, _password, done) => done(null, identityOf(client) !== undefined),
    authorizePublish: (client, packet, done) => {
      const identity = identityOf(client);
      const refusal = identity === undefined ? "topic" : rules.refusalOfPublish(identity, packet);
      if (refusal === undefined) return done(null);
      metrics.refuse(refusal, identity?.clientId ?? "", `publish on ${packet.topic}`);
      return done(new Error(`publish refused: ${refusal}`));
    },
    authorizeSubscribe: (client, subscription, done) => {
      const identity = identityOf(client);
      if (identity !== undefined && rules.maySubscribe(identity, subscription.topic)) return done(null, subscription);
      metrics.refuse("subscription", identity?.clientId ?? "", `subscribe to ${subscription.topic}`);
      return done(null, null);
    },
  });
  const report = (client: { id: string }, error: Error) =>
    log.debug({ event: "client.failed", client: client.id, err: error }, "client failed");
  aedes.addListener("error", (error) => log.error({ event: "broker.failed", err: error }, "the inner broker failed"));
  aedes.on("clientError", report);
  aedes.on("connectionError", report);
  return {
    serve: (link) => {
      aedes.handle(link);
    },
    close: () => new Promise((resolve) => aedes.close(() => resolve())),
  };
}
