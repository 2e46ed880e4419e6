import type { RefusalReason } from "../metrics.ts";

/** How long a client may take. */
export interface DeadlineLimits {
  /** For a packet to come whole, once its first byte has come. */
  readonly packetWithinMs: number;
  /** The longest silence of a client without a keep-alive time of its own. */
  readonly maxSilenceMs: number;
}

/** Why a client has taken too long. */
export interface Overdue {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Time for a client to say CONNECT, from the moment it is connected, however it trickles. */
const CONNECT_WITHIN_MS = 10_000;
/** Time for a client that is not read for it to take what waits; one and a half times its keep-alive if that is less. */
const UNREAD_WITHIN_MS = 60_000;
/** MQTT 3.1.1, 3.1.2.10. */
const KEEPALIVES = 1.5;

/** The clocks of one connection; time in which we do not read it does not count against it. */
export class Deadlines {
  readonly #openedMs: number;
  #heardMs: number;
  #partSinceMs: number | undefined;
  #unreadSinceMs: number | undefined;
  /** When we last did not read it. */
  #unreadUntilMs = 0;
  #keepaliveMs = 0;
  #isConnected = false;

  constructor(nowMs: number) {
    this.#openedMs = nowMs;
    this.#heardMs = nowMs;
  }

  /** Its CONNECT was taken. */
  connected(keepaliveMs: number): void {
    this.#isConnected = true;
    this.#keepaliveMs = keepaliveMs;
  }

  /** Bytes came: `isPart` where a packet is not whole, `endedOne` where one became whole with them. */
  heard(nowMs: number, isPart: boolean, endedOne: boolean): void {
    this.#heardMs = nowMs;
    if (!isPart) this.#partSinceMs = undefined;
    else if (endedOne || this.#partSinceMs === undefined) this.#partSinceMs = nowMs;
  }

  /** It does not take what is written to it, or it does again. */
  unread(nowMs: number, isUnread: boolean): void {
    this.#unreadSinceMs = isUnread ? (this.#unreadSinceMs ?? nowMs) : undefined;
  }

  /**
   * What the client is overdue with; `isRead` says whether we take what it sends, `messageSinceMs` since when the
   * transport below holds a message that is not whole.
   */
  overdue(
    nowMs: number,
    isRead: boolean,
    limits: DeadlineLimits,
    messageSinceMs: number | undefined = undefined,
  ): Overdue | undefined {
    if (!this.#isConnected && nowMs - this.#openedMs > CONNECT_WITHIN_MS) {
      return { reason: "no-connect", detail: "no CONNECT in time" };
    }
    const keepaliveMs = this.#keepaliveMs * KEEPALIVES;
    const mostUnreadMs = keepaliveMs > 0 ? Math.min(UNREAD_WITHIN_MS, keepaliveMs) : UNREAD_WITHIN_MS;
    if (nowMs - (this.#unreadSinceMs ?? nowMs) > mostUnreadMs) {
      return { reason: "unread", detail: "does not read what is written to it" };
    }
    if (!isRead) {
      this.#heardMs = nowMs;
      this.#unreadUntilMs = nowMs;
      if (this.#partSinceMs !== undefined) this.#partSinceMs = nowMs;
      return undefined;
    }
    const messageMs = nowMs - Math.max(messageSinceMs ?? nowMs, this.#unreadUntilMs);
    if (Math.max(messageMs, nowMs - (this.#partSinceMs ?? nowMs)) > limits.packetWithinMs) {
      return { reason: "slow-packet", detail: "a packet that does not become whole" };
    }
    const mostSilentMs = keepaliveMs > 0 ? keepaliveMs : limits.maxSilenceMs;
    return nowMs - this.#heardMs > mostSilentMs ? { reason: "keep-alive", detail: "silent too long" } : undefined;
  }
}
