import { emptyForMs, fullAtMs } from "./token-bucket.ts";

/** How much each client may send. */
export interface AllowanceLimits {
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** What may be sent at once, as the time in which it refills. */
  readonly burstMs: number;
}

/** What one client may still send, however many connections it has, one after the other or at a time. */
export class Allowance {
  readonly key: string;
  /** Connections that use it. */
  users = 0;
  #messagesFullAtMs = 0;
  #bytesFullAtMs = 0;

  constructor(key: string) {
    this.key = key;
  }

  /** Takes out what was sent. */
  take(messages: number, bytes: number, nowMs: number, limits: AllowanceLimits): void {
    this.#messagesFullAtMs = fullAtMs(this.#messagesFullAtMs, nowMs, messages, limits.messagesPerSecond);
    this.#bytesFullAtMs = fullAtMs(this.#bytesFullAtMs, nowMs, bytes, limits.bytesPerSecond);
  }

  /** How long nothing may be taken. */
  waitMs(nowMs: number, { burstMs }: AllowanceLimits): number {
    return emptyForMs(Math.max(this.#messagesFullAtMs, this.#bytesFullAtMs), nowMs, burstMs);
  }

  isFullAt(nowMs: number): boolean {
    return this.#messagesFullAtMs <= nowMs && this.#bytesFullAtMs <= nowMs;
  }
}

/** The allowances of all clients that have used theirs lately: coming back with a new connection refills nothing. */
export class Allowances {
  readonly #byKey = new Map<string, Allowance>();

  /** Those that are remembered. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The allowance of a client for one more connection. */
  use(key: string): Allowance {
    const allowance = this.#byKey.get(key) ?? new Allowance(key);
    this.#byKey.set(key, allowance);
    allowance.users += 1;
    return allowance;
  }

  /** A connection has gone; the client is forgotten with a later `sweep`, once its allowance is full. */
  release(allowance: Allowance): void {
    allowance.users -= 1;
  }

  /** Forgets the clients that have gone and whose allowance is full again. */
  sweep(nowMs: number): void {
    for (const [key, allowance] of this.#byKey) {
      if (allowance.users === 0 && allowance.isFullAt(nowMs)) this.#byKey.delete(key);
    }
  }
}
