import { limits } from "#contract/limits.ts";
import { type Address, RESERVED_TENANT } from "#contract/names.ts";
import {
  CONSUMER_GROUPS,
  filters,
  isDurableTopic,
  parseShared,
  parseTopic,
  type Topic,
  topics,
} from "#contract/topics.ts";
import { LEVEL, type Will } from "#mqtt/connect.ts";
import { covers } from "#mqtt/filters.ts";
import type { Identity } from "./accounts.ts";

/** What decides who may do what; a gateway has one of them from its start to its end. */
export interface Rules {
  /** The MQTT protocol levels that are served. */
  readonly levels: readonly number[];
  /**
   * Whether the broker keeps a session without a connection. What our clients hear through it is only ever the newest of a
   * topic and retained, or worth nothing later; durable data have sessions of their own.
   */
  readonly keepsOrdinarySessions: boolean;
  /**
   * Why this client may not publish this, or undefined when it may. The front asks for durable topics and for QoS 2, the
   * broker for all others and for wills: there are no other rules.
   */
  refusalOfPublish(identity: Identity, claim: PublishClaim): PublishRefusal | "foreign-tenant" | undefined;
  /** Whether this client may have this as its last will. */
  mayHaveWill(identity: Identity, will: Will): boolean;
  /** Whether this client may hold this ordinary subscription. */
  maySubscribe(identity: Identity, filter: string): boolean;
  /** Whether a filter is that of a shared subscription. */
  isShared(filter: string): boolean;
  /** Whether a filter asks for durable data, which the journal serves. */
  isData(filter: string): boolean;
  /** Whether this client may hold this ordinary subscription to durable data. */
  mayHaveData(identity: Identity, filter: string): boolean;
  /** The group of a `$share` subscription that this client may hold, or undefined. */
  groupOfSubscription(identity: Identity, filter: string): string | undefined;
}

/** A publish as the rules see it. */
export interface PublishClaim {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: number;
  readonly retain: boolean;
}

/** What is wrong with a publish: whose topic it is, its QoS, that it is retained or is not, its size. */
export type PublishRefusal = "topic" | "qos" | "retained" | "not-retained" | "retained-too-large";

/**
 * Why this client may not publish this, or undefined when it may: whose the topic is, then how the contract has it. What
 * is QoS 1 is kept, in the journal or as the newest of its topic, so that each PUBACK means "on disk here"; what is not
 * kept is QoS 0; there is no QoS 2.
 */
export function refusalOfPublish(identity: Identity, claim: PublishClaim): PublishRefusal | undefined {
  const parsed = parseTopic(claim.topic);
  if (parsed === undefined || !maySpeak(identity, parsed)) return "topic";
  switch (parsed.kind) {
    case "data":
      return refusalOfUnretained(claim, 1);
    case "live":
      return refusalOfUnretained(claim, 0);
    case "state":
    case "reported":
    case "stored":
    case "desired":
      return refusalOfRetained(claim);
    default:
      return parsed satisfies never;
  }
}

function maySpeak(identity: Identity, { kind, address }: Topic): boolean {
  switch (kind) {
    case "data":
    case "live":
    case "state":
    case "reported":
      return speaksFor(identity, address);
    case "stored":
      return isCloud(identity);
    case "desired":
      return isCloud(identity) || looksInto(identity, address.tenant);
    default:
      return kind satisfies never;
  }
}

function refusalOfUnretained({ qos, retain }: PublishClaim, wantedQos: 0 | 1): "qos" | "retained" | undefined {
  if (qos !== wantedQos) return "qos";
  return retain ? "retained" : undefined;
}

function refusalOfRetained({ qos, retain, payload }: Omit<PublishClaim, "topic">): PublishRefusal | undefined {
  if (qos !== 1) return "qos";
  if (!retain) return "not-retained";
  return Buffer.byteLength(payload) > limits.retainedBytes ? "retained-too-large" : undefined;
}

/** Whether a client may publish what is a device's own to say: a device its own, a gateway that of its tenants too. */
function speaksFor({ address, role, tenants }: Identity, { tenant, device }: Address): boolean {
  if (role !== "device" && role !== "gateway") return false;
  return (tenant === address.tenant && device === address.device) || (role === "gateway" && tenants.includes(tenant));
}

const looksInto = ({ role, tenants }: Identity, tenant: string): boolean =>
  role === "operator" && tenants.includes(tenant);

/** Whether this client may have this as its last will: a device or a gateway its own state, as it would publish it. */
export const mayHaveWill = ({ address, role }: Identity, will: Will): boolean =>
  (role === "device" || role === "gateway") &&
  will.topic === topics.state(address) &&
  refusalOfRetained(will) === undefined;

/** Whether this client may hold this ordinary subscription: one that lies within what its role may see. */
export const maySubscribe = (identity: Identity, filter: string): boolean =>
  visibleTo(identity).some((visible) => covers(visible, filter));

/** Whether this client may hold this ordinary subscription to durable data: the cloud any, an operator its tenants'. */
export function mayHaveData(identity: Identity, filter: string): boolean {
  if (isCloud(identity)) return covers(filters.allData(), filter);
  return identity.role === "operator" && identity.tenants.some((tenant) => covers(filters.allData(tenant), filter));
}

/** What a client may see through the broker, as filters. Durable data are not among them: those the journal serves. */
function visibleTo({ address, role, tenants }: Identity): readonly string[] {
  switch (role) {
    case "device":
      return [topics.stored(address), topics.desired(address)];
    case "gateway":
      return [
        topics.stored(address),
        topics.desired(address),
        ...tenants.flatMap((tenant) => [filters.stored(tenant), filters.desired(tenant)]),
      ];
    case "consumer":
      return address.tenant === RESERVED_TENANT ? [filters.state(), filters.reported(), filters.live()] : [];
    case "operator":
      return tenants.flatMap((tenant) => [
        filters.state(tenant),
        filters.reported(tenant),
        filters.live(tenant),
        filters.stored(tenant),
        filters.desired(tenant),
      ]);
    default:
      return role satisfies never;
  }
}

/** The group of a `$share` subscription that this client may hold, or undefined. */
export function groupOfSubscription(identity: Identity, filter: string): string | undefined {
  const shared = parseShared(filter);
  if (shared === undefined || !isCloud(identity)) return undefined;
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
  keepsOrdinarySessions: false,
  refusalOfPublish,
  mayHaveWill,
  maySubscribe,
  isShared: (filter) => parseShared(filter) !== undefined,
  isData: isDurableTopic,
  mayHaveData,
  groupOfSubscription,
};

const isCloud = ({ address, role }: Identity): boolean => role === "consumer" && address.tenant === RESERVED_TENANT;
