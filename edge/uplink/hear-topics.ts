import type { Clock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import type { LinkConnection } from "#uplink/kept-link.ts";

/** What a device hears from its broker, over one connection after the other. */
export interface Hearing {
  /** Subscribes over a connection; the answer stops it. */
  over(connection: LinkConnection): () => void;
  /** Does not hear this topic for an hour: what lies there is too large, and would end each new connection. */
  rest(topic: string | undefined): void;
}

const REST_MS = 60 * 60_000;

/** Hears topics (QoS 1), each by its own listener. */
export function hearTopics(listeners: ReadonlyMap<string, (payload: Uint8Array) => void>, clock: Clock): Hearing {
  const restUntilMs = new Map<string, number>();

  function subscribe({ client, end }: LinkConnection, topic: string): void {
    client.subscribe(topic, { qos: 1 }, (error) => {
      if (error !== null && error !== undefined) end("broker-refused", messageOf(error));
    });
  }

  return {
    over: (connection) => {
      const timers: NodeJS.Timeout[] = [];
      connection.client.on("message", (topic, payload) => listeners.get(topic)?.(payload));
      for (const topic of listeners.keys()) {
        const waitMs = (restUntilMs.get(topic) ?? 0) - clock.monotonicMs();
        if (waitMs <= 0) subscribe(connection, topic);
        else timers.push(setTimeout(() => subscribe(connection, topic), waitMs));
      }
      return () => {
        for (const timer of timers) clearTimeout(timer);
      };
    },
    rest: (topic) => {
      if (topic !== undefined && listeners.has(topic)) restUntilMs.set(topic, clock.monotonicMs() + REST_MS);
    },
  };
}
