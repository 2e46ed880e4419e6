import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/logger.ts";

/** Why a connection or a packet was turned away; the names are what metrics count by. */
export type RefusalReason =
  | "bad-credentials"
  | "client-id"
  | "locked-out"
  | "revoked"
  | "expired"
  | "no-revocation-list"
  | "certificate"
  | "handshake"
  | "websocket"
  | "protocol-version"
  | "will"
  | "too-many-connections"
  | "too-many-of-address"
  | "no-connect"
  | "slow-packet"
  | "held-bytes"
  | "malformed-packet"
  | "packet-too-large"
  | "too-many-filters"
  | "topic"
  | "foreign-tenant"
  | "qos"
  | "retained"
  | "not-retained"
  | "retained-too-large"
  | "retained-full"
  | "subscription"
  | "consumer-rules"
  | "keep-alive"
  | "unread"
  | "journal-unavailable"
  | "internal-error";

const LOG_EVERY_MS = 5_000;
const MOST_LOGGED = 200;

const cut = (text: string): string => (text.length > MOST_LOGGED ? `${text.slice(0, MOST_LOGGED)}…` : text);

/** What the gateway counts since its start. */
export class Metrics {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #refused = new Map<RefusalReason, number>();
  readonly #lastLogged = new Map<string, { atMs: number; unsaid: number }>();
  /** Durable publishes that were acknowledged, so lie in the journal. */
  acknowledged = 0;
  /** Deliveries to consumer groups, again those that were repeated. */
  delivered = 0;
  /** Deliveries that a consumer acknowledged. */
  consumed = 0;
  /** Records that persistent sessions lost because they were too far behind. */
  sessionSkipped = 0;
  /** Persistent sessions that ended because their client was away for too long. */
  sessionsEnded = 0;
  /** How often a client was not read for a while because it had sent more than its rate. */
  throttled = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Counts something that was turned away and logs it, for one client and reason at most each five seconds. What comes from
   * a client may be long (a topic has up to 64 KiB): it is cut.
   */
  refuse(reason: RefusalReason, client: string, detail: string, count = 1): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count);
    const name = cut(client);
    const key = `${reason} ${name}`;
    const last = this.#lastLogged.get(key);
    const nowMs = this.#clock.monotonicMs();
    if (last !== undefined && nowMs - last.atMs < LOG_EVERY_MS) {
      last.unsaid += count;
      return;
    }
    if (this.#lastLogged.size > 10_000) this.#lastLogged.clear();
    this.#lastLogged.set(key, { atMs: nowMs, unsaid: 0 });
    const unsaid = last?.unsaid ?? 0;
    this.#log.warn(
      { event: "client.refused", reason, client: name, detail: cut(detail), count, unsaid },
      "client refused",
    );
  }

  /** Refusals by reason. */
  refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refused);
  }
}
