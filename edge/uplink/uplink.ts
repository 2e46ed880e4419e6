import type { Stored } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import type { LinkStatus } from "#uplink/kept-link.ts";

/** How the connection to the broker stands. */
export interface UplinkStatus extends LinkStatus {
  /** What the city said last that it has of this outbox, or null. */
  readonly stored: Stored | null;
}

/** Carries the outbox to the broker whenever there is one. */
export interface Uplink extends Closer {
  status(): UplinkStatus;
}
