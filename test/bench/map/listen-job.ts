import { z } from "zod";

/** What a listening process is told first. */
export const ListenJob = z.object({ port: z.int(), clients: z.int() });

/** What it is told afterwards: forget what was heard so far, or say it. */
export const ToListen = z.object({ type: z.enum(["forget", "report"]) });
export type ToListen = z.infer<typeof ToListen>;

/** What it tells. */
export const FromListen = z.object({
  /** Streams that are open. */
  open: z.int(),
  /** By the moment at which the server wrote an event: when it was whole at each client, ms after that moment. */
  heard: z.array(z.object({ until: z.int(), delays: z.array(z.number()) })),
  bytes: z.int(),
  cpuSeconds: z.number(),
});
export type FromListen = z.infer<typeof FromListen>;
