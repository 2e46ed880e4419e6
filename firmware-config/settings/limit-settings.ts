import { z } from "zod";
import { limits } from "#contract/limits.ts";

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
    .describe("unacknowledged deliveries to a client of the role consumer"),
  SESSION_WINDOW: z.coerce
    .number()
    .int()
    .min(1)
    .max(60_000)
    .default(limits.sessionWindow)
    .describe("unacknowledged deliveries of durable data to any other client"),
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
  MAX_CONNECTIONS: z.coerce.number().int().min(1).default(20_000).describe("open connections, in all"),
  MAX_CONNECTIONS_PER_ADDRESS: z.coerce
    .number()
    .int()
    .min(1)
    .default(1_000)
    .describe("open connections of one address (IPv6: one /64); loopback has no such limit"),
  PACKET_WITHIN_S: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(60)
    .describe("seconds for a packet to come whole, once it has begun"),
  HELD_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(128 * 1024 * 1024)
    .describe("bytes of packets that are not whole, in all; beyond it those who hold the most are closed"),
  MAX_SILENCE_S: z.coerce
    .number()
    .min(1)
    .max(7 * 24 * 3600)
    .default(3600)
    .describe("seconds that a client without a keep-alive time may be silent"),
} as const;
export type LimitSettings = z.infer<z.ZodObject<typeof limitSettings>>;
