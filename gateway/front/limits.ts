import type { LimitSettings } from "../../firmware-config/settings/limit-settings.ts";
import type { AllowanceLimits } from "../access/allowances.ts";
import type { AdmissionLimits } from "./admission.ts";
import type { DeadlineLimits } from "./deadlines.ts";

/** Bounds of connections. */
export interface Limits extends AllowanceLimits, AdmissionLimits, DeadlineLimits {
  readonly maxPacketBytes: number;
  readonly unjournaledBytes: number;
  readonly consumerWindow: number;
  readonly sessionWindow: number;
  readonly heldBytes: number;
}

/** The limits that settings ask for. */
export function limitsOf(settings: LimitSettings): Limits {
  return {
    maxPacketBytes: settings.MAX_PACKET_BYTES,
    unjournaledBytes: settings.UNJOURNALED_BYTES,
    consumerWindow: settings.CONSUMER_WINDOW,
    sessionWindow: settings.SESSION_WINDOW,
    messagesPerSecond: settings.RATE_MESSAGES,
    bytesPerSecond: settings.RATE_BYTES,
    burstMs: settings.RATE_BURST_S * 1000,
    maxConnections: settings.MAX_CONNECTIONS,
    maxConnectionsPerAddress: settings.MAX_CONNECTIONS_PER_ADDRESS,
    packetWithinMs: settings.PACKET_WITHIN_S * 1000,
    heldBytes: settings.HELD_BYTES,
    maxSilenceMs: settings.MAX_SILENCE_S * 1000,
  };
}
