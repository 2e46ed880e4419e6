import { z } from "zod";
import { limits } from "#contract/limits.ts";
import type { AllowanceLimits } from "../access/allowances.ts";

/** How much each client may do; these settings may change while the gateway runs. */
export const limitSettings = {
  MAX_PACKET_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(16 * 1024 * 1024)
    .default(limits.packetBytes)
    .describe("largest MQTT packet that is taken"),
  UNJOURNALED_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(1024 * 1024)
    .describe("a connection is not read while so much of it waits for the journal"),
  CONSUMER_WINDOW: z.coerce
    .number()
    .int()
    .min(1)
    .max(60_000)
    .default(limits.consumerWindow)
    .describe("unacknowledged deliveries to a member of a consumer group"),
  RATE_MESSAGES: z.coerce
    .number()
    .positive()
    .default(20_000)
    .describe("messages a second of one client; it is not read while it has sent more"),
  RATE_BYTES: z.coerce
    .number()
    .positive()
    .default(32 * 1024 * 1024)
    .describe("bytes a second of one client; it is not read while it has sent more"),
  RATE_BURST_S: z.coerce
    .number()
    .min(0.01)
    .max(3600)
    .default(2)
    .describe("seconds' worth of its rate that a client may send at once"),
} as const;
const LimitSettings = z.object(limitSettings);

/** Bounds of connections. */
export interface Limits extends AllowanceLimits {
  readonly maxPacketBytes: number;
  readonly unjournaledBytes: number;
  readonly consumerWindow: number;
}

/** The limits that settings ask for. */
export function limitsOf(settings: z.infer<typeof LimitSettings>): Limits {
  return {
    maxPacketBytes: settings.MAX_PACKET_BYTES,
    unjournaledBytes: settings.UNJOURNALED_BYTES,
    consumerWindow: settings.CONSUMER_WINDOW,
    messagesPerSecond: settings.RATE_MESSAGES,
    bytesPerSecond: settings.RATE_BYTES,
    burstMs: settings.RATE_BURST_S * 1000,
  };
}
