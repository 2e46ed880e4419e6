import type { Stored } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import type { LinkStatus } from "#uplink/kept-link.ts";
import type { Traffic } from "./traffic.ts";

/** How the connection to the broker stands. */
export interface UplinkStatus extends LinkStatus {
  /** What the city said last that it has of this outbox, or null. */
  readonly stored: Stored | null;
  /** Since the start, over all connections that the broker accepted. */
  readonly traffic: Traffic;
}

/** Carries the outbox to the broker whenever there is one. */
export interface Uplink extends Closer {
  status(): UplinkStatus;
  /** The device's state may be another one now: opens a new connection to say it, where it is. */
  tellState(): void;
}
