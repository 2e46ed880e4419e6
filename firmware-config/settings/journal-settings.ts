import { z } from "zod";

/** How much a gateway's journal may hold. */
export const journalSettings = {
  JOURNAL_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .default(4 * 1024 * 1024 * 1024)
    .describe("what may wait for the consumers; 100 trucks with photos fill 2 GiB a day"),
} as const;
