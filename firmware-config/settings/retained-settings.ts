import { z } from "zod";

/**
 * How much may be retained: it lies in memory too, beside the copy on disk, and outside of `JOURNAL_BYTES`. What devices
 * say and what the city says are counted apart, so that a tenant whose devices say too much does not silence the city.
 */
export const retainedSettings = {
  RETAINED_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .default(256 * 1024 * 1024)
    .describe("retained states and reported twins of all devices; as much again for what the city tells them"),
  TENANT_RETAINED_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .default(64 * 1024 * 1024)
    .describe("retained states and reported twins of one tenant's devices"),
} as const;
export type RetainedSettings = z.infer<z.ZodObject<typeof retainedSettings>>;
