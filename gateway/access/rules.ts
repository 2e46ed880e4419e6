import { RESERVED_TENANT } from "#contract/names.ts";
import { CONSUMER_GROUPS, filters, parseShared, parseTopic, topics } from "#contract/topics.ts";
import { LEVEL } from "#mqtt/connect.ts";
import type { Identity } from "./accounts.ts";

/** What decides who may do what; a gateway has one of them from its start to its end. */
export interface Rules {
  /** The MQTT protocol levels that are served. */
  readonly levels: readonly number[];
  /**
   * Why this client may not publish this, or undefined when it may. The front asks for durable topics, the broker for
   * all others and for wills: there are no other rules.
   */
  refusalOfPublish(identity: Identity, claim: PublishClaim): "topic" | "qos" | "retained" | undefined;
  /** Whether this client may have this as its last will. */
  mayHaveWill(identity: Identity, topic: string): boolean;
  /** Whether this client may hold this ordinary subscription. */
  maySubscribe(identity: Identity, filter: string): boolean;
  /** Whether a filter is that of a shared subscription. */
  isShared(filter: string): boolean;
  /** The group of a `$share` subscription that this client may hold, or undefined. */
  groupOfSubscription(identity: Identity, filter: string): string | undefined;
}

/** A publish as the rules see it. */
export interface PublishClaim {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
}

/**
 * Why this client may not publish this, or undefined when it may. The front asks for durable topics, the broker for all
 * others and for wills: there are no other rules.
 */
export function refusalOfPublish(
  { address, role }: Identity,
  { topic, qos, retain }: PublishClaim,
): "topic" | "qos" | "retained" | undefined {
  const parsed = parseTopic(topic);
  if (parsed === undefined) return "topic";
  const isOwn = parsed.address.tenant === address.tenant && parsed.address.device === address.device;
  switch (parsed.kind) {
    case "data":
      if (role !== "device" || !isOwn) return "topic";
      if (qos !== 1) return "qos";
      return retain ? "retained" : undefined;
    case "live":
    case "state":
    case "reported":
      return role === "device" && isOwn ? undefined : "topic";
    case "stored":
    case "desired":
      return isCloud(address.tenant, role) ? undefined : "topic";
    default:
      return parsed satisfies never;
  }
}

/** Whether this client may have this as its last will: a device its own state. */
export const mayHaveWill = ({ address, role }: Identity, topic: string): boolean =>
  role === "device" && topic === topics.state(address);

/** Whether this client may hold this ordinary subscription. */
export function maySubscribe({ address, role }: Identity, filter: string): boolean {
  if (isCloud(address.tenant, role)) return filter === filters.state;
  return role === "device" && (filter === topics.stored(address) || filter === topics.desired(address));
}

/** The group of a `$share` subscription that this client may hold, or undefined. */
export function groupOfSubscription({ address, role }: Identity, filter: string): string | undefined {
  const shared = parseShared(filter);
  if (shared === undefined || !isCloud(address.tenant, role)) return undefined;
  return groupFilters(shared.group).includes(shared.filter) ? shared.group : undefined;
}

/** The filters of a consumer group; none for a group that is not configured. */
export function groupFilters(group: string): readonly string[] {
  const streams = Object.entries(CONSUMER_GROUPS).find(([name]) => name === group)?.[1] ?? [];
  return streams.map((stream) => filters.data(stream));
}

/** The rules of every gateway that is not in its open mode: deny by default. */
export const closedRules: Rules = {
  levels: [LEVEL.MQTT],
  refusalOfPublish,
  mayHaveWill,
  maySubscribe,
  isShared: (filter) => parseShared(filter) !== undefined,
  groupOfSubscription,
};

const isCloud = (tenant: string, role: Identity["role"]): boolean => role === "consumer" && tenant === RESERVED_TENANT;
