import { isLoopback } from "#kit/loopback.ts";

/** Failed logins that are remembered together. */
export interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

/** When failures shut out, and for how long. */
export interface LockoutPolicy {
  /** So many are free. */
  readonly free: number;
  readonly firstMs: number;
  readonly mostMs: number;
  /** Forgotten after so long without another one. */
  readonly forgetAfterMs: number;
}

const MINUTE_MS = 60_000;
/** A device whose token was just changed is soon told again that it is wrong, rather than to wait. */
export const PAIR_POLICY: LockoutPolicy = {
  free: 5,
  firstMs: 1_000,
  mostMs: 15 * MINUTE_MS,
  forgetAfterMs: 60 * MINUTE_MS,
};
/** Many devices may stand behind one address, so it takes more before all of them wait. */
export const ADDRESS_POLICY: LockoutPolicy = { ...PAIR_POLICY, free: 100, mostMs: MINUTE_MS };

/** The failures with one more. */
export function withFailure(before: Failures | undefined, nowMs: number, { forgetAfterMs }: LockoutPolicy): Failures {
  const isForgotten = before === undefined || nowMs - before.lastMs >= forgetAfterMs;
  return { count: isForgotten ? 1 : before.count + 1, lastMs: nowMs };
}

/** How much longer nobody may try: twice as long with each failure beyond the free ones. */
export function lockedForMs(failures: Failures | undefined, nowMs: number, policy: LockoutPolicy): number {
  if (failures === undefined || failures.count < policy.free) return 0;
  const doublings = Math.min(failures.count - policy.free, 30);
  const forMs = Math.min(policy.mostMs, policy.firstMs * 2 ** doublings);
  return Math.max(0, failures.lastMs + forMs - nowMs);
}

/** Entries of each table; beyond it, who failed longest ago is forgotten. */
const MOST_ENTRIES = 10_000;

/**
 * Whose wrong tokens are told to wait: a user name from one address, and an address in sum. The right token is taken all the
 * same. Loopback has no sum, since a proxy on this machine brings all clients from there.
 */
export class Lockout {
  readonly #pairs = new Map<string, Failures>();
  readonly #addresses = new Map<string, Failures>();

  /** How much longer wrong tokens for this user name from this address are told to wait; 0 when they are not. */
  waitMs(address: string, username: string, nowMs: number): number {
    return Math.max(
      lockedForMs(this.#pairs.get(pairOf(address, username)), nowMs, PAIR_POLICY),
      lockedForMs(this.#addresses.get(address), nowMs, ADDRESS_POLICY),
    );
  }

  /** A token was wrong. */
  failed(address: string, username: string, nowMs: number): void {
    remember(this.#pairs, pairOf(address, username), nowMs, PAIR_POLICY);
    if (!isLoopback(address)) remember(this.#addresses, address, nowMs, ADDRESS_POLICY);
  }
}

/** An address has no spaces. */
const pairOf = (address: string, username: string) => `${address} ${username}`;

function remember(table: Map<string, Failures>, key: string, nowMs: number, policy: LockoutPolicy): void {
  const next = withFailure(table.get(key), nowMs, policy);
  table.delete(key);
  table.set(key, next);
  const [oldest] = table.keys();
  if (table.size > MOST_ENTRIES && oldest !== undefined) table.delete(oldest);
}
