import { z } from "zod";

/** How long and how far behind a plain persistent session may be. */
export const sessionSettings = {
  SESSION_RECORDS: z.coerce
    .number()
    .int()
    .min(1)
    .default(1_000_000)
    .describe("durable records, of all clients, that a persistent session may be behind; it loses the oldest beyond"),
  SESSION_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(256 * 1024 * 1024)
    .describe("as SESSION_RECORDS, in bytes as JOURNAL_BYTES counts them, and at most a quarter of those"),
  SESSION_AWAY_S: z.coerce
    .number()
    .min(1)
    .default(7 * 24 * 3600)
    .describe("seconds that the client of a persistent session may be away, while the gateway runs, before it ends"),
} as const;
export type SessionSettings = z.infer<z.ZodObject<typeof sessionSettings>>;
