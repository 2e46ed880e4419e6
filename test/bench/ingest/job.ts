import { z } from "zod";

/** What the load process is told first. */
export const IngestJob = z.object({
  port: z.int(),
  devices: z
    .array(z.object({ tenant: z.string(), device: z.string(), clientId: z.string(), token: z.string() }))
    .min(1),
  /** Readings of each device in each phase, one phase after the other. */
  phases: z.array(z.int()),
  /** Unacknowledged publishes of each device. */
  window: z.int().min(1).max(0xffff),
  /** Time of the first reading; each device has one for each millisecond. */
  firstAtMs: z.int(),
});
export type IngestJob = z.infer<typeof IngestJob>;

/** What the load process tells: connected, and after each phase, for which it is told the phase's number. */
export const FromLoad = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("acknowledged"), phase: z.int(), cpuSeconds: z.number() }),
]);
export type FromLoad = z.infer<typeof FromLoad>;

/** What it is told after the job. */
export const ToLoad = z.object({ phase: z.int() });
