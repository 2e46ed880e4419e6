import type { ISubscribePacket, IUnsubscribePacket } from "mqtt-packet";
import { limits } from "#contract/limits.ts";
import { parseShared } from "#contract/topics.ts";
import { controlPacket } from "#mqtt/control.ts";
import type { Identity } from "../access/accounts.ts";
import type { Rules } from "../access/rules.ts";
import type { Metrics } from "../metrics.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerSession } from "./consumer-session.ts";
import type { DataSessions } from "./data-sessions.ts";

/** What subscriptions that are served from the journal are judged by. */
export interface SubscriptionParts {
  readonly groups: ReadonlyMap<string, ConsumerGroup>;
  readonly sessions: DataSessions;
  readonly metrics: Metrics;
  readonly rules: Rules;
}

/** Whose subscriptions they are. */
export interface Subscriber {
  readonly identity: Identity;
  readonly consumer: ConsumerSession;
  /** The client asked for a session that outlives its connections. */
  readonly isLasting: boolean;
}

const REFUSED = 0x80;
const GRANTED_QOS = 1;

/** Whether the journal serves all filters of a SUBSCRIBE, some beside the broker's, or none. */
export function servedFromJournal({ subscriptions }: ISubscribePacket, rules: Rules): "all" | "some" | "none" {
  const count = subscriptions.filter(({ topic }) => rules.isShared(topic) || rules.isData(topic)).length;
  if (count === 0) return "none";
  return count === subscriptions.length ? "all" : "some";
}

/**
 * Subscribes a client to what it may have; the SUBACK to send before `joinSubscribed`. Rejects with `JournalUnavailable`
 * when the disk does not take it.
 */
export async function subscribe(packet: ISubscribePacket, subscriber: Subscriber, parts: SubscriptionParts) {
  const { identity, consumer, isLasting } = subscriber;
  const held = new Set(parts.sessions.filtersOf(identity.clientId));
  const data: string[] = [];
  const granted = packet.subscriptions.map(({ topic, qos }) => {
    const shared = groupAndFilter(topic, identity, parts);
    const hasRoom = held.has(topic) || held.size < limits.filtersPerClient;
    const isData = hasRoom && parts.rules.mayHaveData(identity, topic);
    if ((shared === undefined && !isData) || qos === 0) {
      parts.metrics.refuse("subscription", identity.clientId, `subscribe to ${topic} at QoS ${qos}`);
      return REFUSED;
    }
    if (shared === undefined) {
      data.push(topic);
      held.add(topic);
    } else consumer.subscribe(shared.group, shared.filter);
    return GRANTED_QOS;
  });
  if (data.length > 0) await parts.sessions.subscribe(identity.clientId, consumer, isLasting, data);
  return controlPacket({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
}

/** Begins the delivery of what was subscribed to. */
export function joinSubscribed({ identity, consumer }: Subscriber, { sessions }: SubscriptionParts): void {
  consumer.joinComplete();
  sessions.join(identity.clientId, consumer);
}

/** Takes subscriptions back; the UNSUBACK to send. */
export async function unsubscribe(packet: IUnsubscribePacket, subscriber: Subscriber, parts: SubscriptionParts) {
  const { identity, consumer } = subscriber;
  for (const topic of packet.unsubscriptions) {
    const held = groupAndFilter(topic, identity, parts);
    if (held !== undefined) consumer.unsubscribe(held.group, held.filter);
  }
  await parts.sessions.unsubscribe(identity.clientId, packet.unsubscriptions);
  return controlPacket({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted: [] });
}

function groupAndFilter(topic: string, identity: Identity, { groups, rules }: SubscriptionParts) {
  const group = groups.get(rules.groupOfSubscription(identity, topic) ?? "");
  const filter = parseShared(topic)?.filter;
  return group === undefined || filter === undefined ? undefined : { group, filter };
}
