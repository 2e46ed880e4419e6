import { z } from "zod";

/**
 * Settings of what the card may wear. The default: a consumer card of 16 GB bears 3,000 cycles of each block at least
 * (research/edge.md, 4.2), 48 TB; spread over five years, and taking that it writes 50 bytes inside for each byte that is
 * synced in small pieces (our assumption: makers say nothing of it), that is some 500 MB a day.
 */
export const storageSettings = {
  CARD_BUDGET_MB: z.coerce
    .number()
    .min(0.1)
    .max(1_000_000)
    .default(500)
    .describe(
      "megabytes that may be written to the card in a day; beyond it readings are packed longer, and health says so",
    ),
  SEEN_PHOTOS: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(20_000)
    .describe("how many photos of its visits a device knows again when they are used twice (2.7 KB each); 0 for none"),
};
