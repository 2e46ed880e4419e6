import type { Stored } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";

/** How the connection to the broker stands. */
export interface UplinkStatus {
  readonly connected: boolean;
  /** Connections since the start. */
  readonly connections: number;
  /** Why there is none, or null. */
  readonly trouble: string | null;
  /** What the city said last that it has of this outbox, or null. */
  readonly stored: Stored | null;
}

/** Carries the outbox to the broker whenever there is one. */
export interface Uplink extends Closer {
  status(): UplinkStatus;
}
