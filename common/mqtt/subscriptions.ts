import { BodyReader } from "./body-reader.ts";
import { type Frame, ProtocolError } from "./framer.ts";
import { isTopicFilter } from "./text.ts";

/** What a SUBSCRIBE asks for. */
export interface Subscribe {
  readonly messageId: number;
  readonly subscriptions: readonly { readonly filter: string; readonly qos: number }[];
}

/** What an UNSUBSCRIBE gives back. */
export interface Unsubscribe {
  readonly messageId: number;
  readonly filters: readonly string[];
}

/**
 * Each filter costs its reader much more than its bytes, which may be three. A gateway with 64 tenants asks for so many
 * at once.
 */
export const MOST_FILTERS = 128;

/**
 * Reads a SUBSCRIBE strictly: at least one filter and at most `MOST_FILTERS`, each with a QoS of 0, 1 or 2 and no other bit.
 * Throws `ProtocolError`.
 */
export function parseSubscribe(frame: Frame): Subscribe {
  const reader = new BodyReader(frame);
  const messageId = reader.messageId();
  const subscriptions: { filter: string; qos: number }[] = [];
  do {
    const filter = filterOf(reader);
    const qos = reader.byte("a SUBSCRIBE");
    if (qos > 2) throw new ProtocolError("malformed-packet", "a subscription with a QoS that does not exist");
    subscriptions.push({ filter, qos });
    requireFew(subscriptions.length);
  } while (!reader.isAtEnd);
  return { messageId, subscriptions };
}

/** Reads an UNSUBSCRIBE strictly: at least one filter and at most `MOST_FILTERS`. Throws `ProtocolError`. */
export function parseUnsubscribe(frame: Frame): Unsubscribe {
  const reader = new BodyReader(frame);
  const messageId = reader.messageId();
  const filters: string[] = [];
  do {
    filters.push(filterOf(reader));
    requireFew(filters.length);
  } while (!reader.isAtEnd);
  return { messageId, filters };
}

function requireFew(filters: number): void {
  if (filters > MOST_FILTERS)
    throw new ProtocolError("too-many-filters", `more than ${MOST_FILTERS} filters in one packet`);
}

function filterOf(reader: BodyReader): string {
  const filter = reader.text("a topic filter");
  if (!isTopicFilter(filter))
    throw new ProtocolError("malformed-packet", "a filter that is empty or misuses a wildcard");
  return filter;
}
