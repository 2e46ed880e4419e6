import { z } from "zod";

const Count = z.number().int().min(0);

/** One open connection. */
export const SessionReport = z.object({
  client: z.string(),
  role: z.string(),
  address: z.string(),
  /** Bytes that it has not taken yet. */
  unsentBytes: Count,
});
export type SessionReport = z.infer<typeof SessionReport>;

/** What the gateway holds: counts, names and sizes, never a payload. Lists are cut; `of` counts all. */
export const InspectReport = z.object({
  /** Whether this comes from the running gateway or from the file of one that is not running. */
  from: z.enum(["gateway", "file"]),
  journal: z.object({
    newest: Count,
    isHealthy: z.boolean(),
    classes: z.array(
      z.object({ class: z.string(), pending: Count, oldest: Count.nullable(), oldestS: z.number().nullable() }),
    ),
  }),
  cursors: z.array(z.object({ reader: z.string(), class: z.string(), at: Count })),
  sessions: z.object({ of: Count, list: z.array(SessionReport) }),
  retained: z.object({ of: Count, list: z.array(z.object({ topic: z.string(), bytes: Count })) }),
});
export type InspectReport = z.infer<typeof InspectReport>;

/** A list in a report is not longer than this. */
export const MOST_LISTED = 1_000;
