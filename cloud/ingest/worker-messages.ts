import { z } from "zod";
import { DeviceName } from "#contract/names.ts";
import { LogLevel } from "#kit/logger.ts";
import { Bulletin } from "../air/bulletins/bulletin.ts";
import { Retention } from "../air/windows/retention.ts";
import { BrokerSignIn } from "./broker-sign-in.ts";
import { Gateways } from "./gateways.ts";

/** What crosses between the main thread and the workers of the ingest; each side parses what it gets. */

/** Settings of a worker. */
export const WorkerSettings = z.object({
  brokerUrl: z.string(),
  device: DeviceName,
  signIn: BrokerSignIn,
  dataDir: z.string(),
  registryFile: z.string(),
  gateways: Gateways,
  influx: z.object({ url: z.string(), token: z.string(), org: z.string(), bucket: z.string() }).nullable(),
  retention: Retention,
  /** Whose days the averages of 24 hours are. */
  timeZone: z.string(),
  logLevel: LogLevel,
});
export type WorkerSettings = z.infer<typeof WorkerSettings>;

/** What a worker tells. `part` is a line of `/healthz`. */
export const FromWorker = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("event"),
    event: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("station"), station: z.string() }),
      z.object({ kind: z.literal("site"), site: z.string() }),
      z.object({ kind: z.literal("alert"), alert: z.string() }),
    ]),
  }),
  z.object({
    type: z.literal("health"),
    part: z.string(),
    health: z.object({ isConnected: z.boolean(), trouble: z.string().nullable(), acknowledged: z.number() }),
  }),
  z.object({
    type: z.literal("answer"),
    id: z.number(),
    /** What came of it, in a word. */
    result: z.string(),
    /** Why there is no answer, or null. */
    failure: z.string().nullable(),
  }),
]);
export type FromWorker = z.infer<typeof FromWorker>;

/** What a worker is told. */
export const ToWorker = z.discriminatedUnion("type", [
  z.object({ type: z.literal("close") }),
  z.object({ type: z.literal("acknowledge-alert"), id: z.number(), alert: z.string(), by: z.string() }),
  z.object({ type: z.literal("put-bulletin"), id: z.number(), bulletin: Bulletin }),
]);
export type ToWorker = z.infer<typeof ToWorker>;
