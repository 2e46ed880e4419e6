import type { ISubscribePacket, IUnsubscribePacket } from "mqtt-packet";
import { parseShared } from "#contract/topics.ts";
import { controlPacket } from "#mqtt/control.ts";
import type { Identity } from "../access/accounts.ts";
import type { Rules } from "../access/rules.ts";
import type { Metrics } from "../metrics.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerSession } from "./consumer-session.ts";

/** What shared subscriptions are judged by. */
export interface SharingParts {
  readonly groups: ReadonlyMap<string, ConsumerGroup>;
  readonly metrics: Metrics;
  readonly rules: Rules;
}

const REFUSED = 0x80;
const GRANTED_QOS = 1;

/** Whether a SUBSCRIBE asks for shared subscriptions only, for some beside others, or for none. */
export function sharingOf({ subscriptions }: ISubscribePacket, rules: Rules): "all" | "some" | "none" {
  const shared = subscriptions.filter(({ topic }) => rules.isShared(topic)).length;
  if (shared === 0) return "none";
  return shared === subscriptions.length ? "all" : "some";
}

/** Subscribes a session to what its owner may have; the SUBACK to send before `session.joinComplete`. */
export function subscribeShared(
  packet: ISubscribePacket,
  session: ConsumerSession,
  identity: Identity,
  parts: SharingParts,
): Buffer {
  const granted = packet.subscriptions.map(({ topic, qos }) => {
    const wanted = groupAndFilter(topic, identity, parts);
    if (wanted === undefined || qos === 0) {
      parts.metrics.refuse("subscription", identity.clientId, `subscribe to ${topic} at QoS ${qos}`);
      return REFUSED;
    }
    session.subscribe(wanted.group, wanted.filter);
    return GRANTED_QOS;
  });
  return controlPacket({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
}

/** Takes shared subscriptions back; the UNSUBACK to send. */
export function unsubscribeShared(
  packet: IUnsubscribePacket,
  session: ConsumerSession,
  identity: Identity,
  parts: SharingParts,
): Buffer {
  for (const topic of packet.unsubscriptions) {
    const held = groupAndFilter(topic, identity, parts);
    if (held !== undefined) session.unsubscribe(held.group, held.filter);
  }
  return controlPacket({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted: [] });
}

function groupAndFilter(topic: string, identity: Identity, { groups, rules }: SharingParts) {
  const group = groups.get(rules.groupOfSubscription(identity, topic) ?? "");
  const filter = parseShared(topic)?.filter;
  return group === undefined || filter === undefined ? undefined : { group, filter };
}
