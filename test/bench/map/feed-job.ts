import { z } from "zod";

/** What the feeding process is told first. */
export const FeedJob = z.object({
  port: z.int(),
  clientId: z.string(),
  token: z.string(),
  /** How many stations there are; each has a device of its own. */
  stations: z.int(),
});
export type FeedJob = z.infer<typeof FeedJob>;

/** What it is told afterwards. */
export const ToFeed = z.discriminatedUnion("type", [
  /** So many samples a second, each of another station, until it is told otherwise; 0 rests. */
  z.object({ type: z.literal("pace"), perSecond: z.number() }),
  /** So many samples as fast as the gateway takes them, of the first `among` stations. */
  z.object({ type: z.literal("burst"), count: z.int(), among: z.int() }),
]);
export type ToFeed = z.infer<typeof ToFeed>;

/** What it tells: connected, a burst is acknowledged by the gateway, or (after `pace`) how many it has published in all. */
export const FromFeed = z.object({
  type: z.enum(["ready", "acknowledged", "paced"]),
  published: z.int(),
});
export type FromFeed = z.infer<typeof FromFeed>;
