import { isLoopback } from "#kit/loopback.ts";
import { originOf } from "./client-address.ts";

/** How many connections there may be. */
export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/**
 * Counts connections from the moment they are accepted, before a handshake costs anything. Loopback has no limit of its
 * own, since a proxy on this machine brings all clients from there.
 */
export class Admission {
  readonly #limits: () => AdmissionLimits;
  readonly #ofOrigin = new Map<string, number>();
  #inAll = 0;

  constructor(limits: () => AdmissionLimits) {
    this.#limits = limits;
  }

  /** Lets a connection in, which must `leave` in the end, or says why not. */
  enter(address: string): "too-many-connections" | "too-many-of-address" | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits();
    if (this.#inAll >= maxConnections) return "too-many-connections";
    const origin = originOf(address);
    const before = this.#ofOrigin.get(origin) ?? 0;
    if (!isLoopback(origin) && before >= maxConnectionsPerAddress) return "too-many-of-address";
    this.#ofOrigin.set(origin, before + 1);
    this.#inAll += 1;
    return undefined;
  }

  /** A connection that was let in has gone. */
  leave(address: string): void {
    const origin = originOf(address);
    const left = (this.#ofOrigin.get(origin) ?? 1) - 1;
    if (left === 0) this.#ofOrigin.delete(origin);
    else this.#ofOrigin.set(origin, left);
    this.#inAll -= 1;
  }
}
