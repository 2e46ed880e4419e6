import { clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { CONSUMER_GROUPS, type ConsumerGroup, filters } from "#contract/topics.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import { type Consumer, connectConsumer } from "#mqtt/consumer-client.ts";
import type { BatchLoop } from "./batch-loop.ts";
import { loginOf } from "./broker-sign-in.ts";
import { keepConnected } from "./keep-connected.ts";
import type { WorkerSettings } from "./worker-messages.ts";
import type { HealthLine } from "./worker-side.ts";

/** The gateway notices a dead consumer after one and a half times this, and gives its messages to others. */
const KEEPALIVE_S = 15;

/** Holds back the connection of the moment while too much waits in memory. */
export interface Flow {
  readonly onFull: (isFull: boolean) => void;
  steer(consumer: Pick<Consumer, "pause" | "resume">): void;
}

/** A flow that steers nothing yet. */
export function createFlow(): Flow {
  let current: Pick<Consumer, "pause" | "resume"> | undefined;
  let isHeld = false;
  return {
    onFull: (isFull) => {
      isHeld = isFull;
      if (isFull) current?.pause();
      else current?.resume();
    },
    steer: (consumer) => {
      current = consumer;
      if (isHeld) consumer.pause();
    },
  };
}

/** Keeps one member of a consumer group connected; its deliveries go into the loop. */
export function linkGroup(
  group: ConsumerGroup,
  { brokerUrl, device, signIn }: WorkerSettings,
  { loop, flow }: { readonly loop: BatchLoop; readonly flow: Flow },
  health: HealthLine,
  { clock, random, log }: { readonly clock: Clock; readonly random: () => number; readonly log: Logger },
): Closer {
  const username = clientIdOf({ tenant: RESERVED_TENANT, device });
  return keepConnected({
    connect: async (onLost) => {
      const consumer = await connectConsumer({
        url: brokerUrl,
        clientId: `${username}:${group}`,
        username,
        ...(await loginOf(signIn)),
        filters: CONSUMER_GROUPS[group].map((stream) => filters.shared(group, filters.data(stream))),
        keepaliveS: KEEPALIVE_S,
        onMessage: (message) => loop.push(message),
        onClose: onLost,
      });
      flow.steer(consumer);
      return consumer;
    },
    onUp: () => health.connected(true),
    onDown: (reason) => {
      loop.forget();
      health.connected(false, reason);
    },
    monotonicMs: clock.monotonicMs,
    random,
    log,
  });
}
