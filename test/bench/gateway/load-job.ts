import { z } from "zod";

/** What the load process is told on its standard input. */
export const LoadJob = z.object({
  port: z.int(),
  /** The broker's process, whose CPU time and memory are read. */
  brokerPid: z.int(),
  publishers: z.array(z.object({ clientId: z.string(), token: z.string(), topic: z.string() })).min(1),
  /** Unacknowledged publishes of each publisher. */
  window: z.int().min(1).max(0xffff),
  payloadBytes: z.int(),
  consumer: z.object({ clientId: z.string(), token: z.string(), filter: z.string() }),
  /** The same load before anything is measured: compiled code and grown buffers. */
  warmUpSeconds: z.number(),
  seconds: z.number(),
});
export type LoadJob = z.infer<typeof LoadJob>;

/** What the load process says at its end. */
export const LoadResult = z.object({
  acknowledged: z.int(),
  delivered: z.int(),
  /** Deliveries of what had been delivered; not counted as delivered. */
  repeated: z.int(),
  /** Until the last acknowledgement or the last delivery, whichever is later. */
  tookSeconds: z.number(),
  perSecond: z.number(),
  ackP50Ms: z.number(),
  ackP99Ms: z.number(),
  brokerCpuSeconds: z.number(),
  /** Of these, the part of the thread that worked most: near one second a second, it is this thread that limits. */
  brokerBusiestThreadSeconds: z.number(),
  brokerResidentMiB: z.number(),
  /** CPU time of the load itself in the same time: near one second a second, it is the load that limits. */
  loadCpuSeconds: z.number(),
});
export type LoadResult = z.infer<typeof LoadResult>;
