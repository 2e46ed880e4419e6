import { z } from "zod";
import { LogLevel } from "#kit/logger.ts";
import { isLoopback } from "#kit/loopback.ts";
import { accessSettings } from "./access-settings.ts";
import { journalSettings } from "./journal-settings.ts";
import { limitSettings } from "./limit-settings.ts";
import { faultOfParent, parentSettings } from "./parent-settings.ts";
import { retainedSettings } from "./retained-settings.ts";
import { sessionSettings } from "./session-settings.ts";

const Port = z.coerce.number().int().min(0).max(65_535);

/** Settings of the gateway. */
export const GatewayConfig = z
  .object({
    HOST: z.string().default("127.0.0.1").describe("address to listen on; anything but loopback needs TLS"),
    PORT: Port.default(1883).describe("MQTT port; 0 takes a free one"),
    WS_PORT: Port.optional().describe("port of MQTT over WebSockets (path /mqtt); without it there is none"),
    WS_ORIGINS: z
      .string()
      .default("")
      .describe("origins whose pages may open a WebSocket, with commas between; programs say none and may"),
    ...accessSettings,
    DATA_DIR: z.string().default("data/gateway").describe("folder of the journal; made where it is missing"),
    ...journalSettings,
    ...retainedSettings,
    ...limitSettings,
    ...sessionSettings,
    SETTINGS_FILE: z
      .string()
      .optional()
      .describe("JSON file of settings that may change while the gateway runs, over those of the environment"),
    RETURN_WITHIN_S: z.coerce
      .number()
      .min(0)
      .max(3600)
      .default(60)
      .describe("after a crash: seconds for clients to come back before their wills are published"),
    OPEN: z
      .stringbool()
      .default(false)
      .describe("conformance tests on loopback only: anybody, any topic but ours, in memory; also --open"),
    ...parentSettings,
    METRICS_PORT: Port.default(9883).describe("loopback port of /healthz and /metrics; 0 takes a free one"),
    LOG_LEVEL: LogLevel.default("info").describe("debug, info, warn, error or silent"),
  })
  .refine(({ TLS_CERT, TLS_KEY }) => (TLS_CERT === undefined) === (TLS_KEY === undefined), {
    path: ["TLS_KEY"],
    error: "TLS_CERT and TLS_KEY go together",
  })
  .refine(({ TLS_CA, TLS_CERT }) => TLS_CA === undefined || TLS_CERT !== undefined, {
    path: ["TLS_CA"],
    error: "clients show certificates over TLS only: TLS_CERT and TLS_KEY are needed too",
  })
  .refine(({ TLS_CA, CRL_FILE, CRL_URL }) => TLS_CA !== undefined || (CRL_FILE ?? CRL_URL) === undefined, {
    path: ["TLS_CA"],
    error: "a revocation list is checked against TLS_CA: it is needed too",
  })
  .refine(({ HOST, TLS_CERT }) => isLoopback(HOST) || TLS_CERT !== undefined, {
    path: ["HOST"],
    error: "listening beyond loopback needs TLS_CERT and TLS_KEY: tokens would travel in the clear",
  })
  .refine(({ TLS_CA, OPEN }) => !OPEN || TLS_CA === undefined, {
    path: ["OPEN"],
    error: "the open mode lets anybody in: TLS_CA would mean nothing",
  })
  .refine(({ HOST, OPEN }) => !OPEN || isLoopback(HOST), {
    path: ["OPEN"],
    error: "the open mode lets anybody in: it listens on loopback only",
  })
  .superRefine((settings, context) => {
    const fault = faultOfParent(settings);
    if (fault !== undefined) context.addIssue({ code: "custom", path: [fault.key], message: fault.message });
  });
export type GatewayConfig = z.infer<typeof GatewayConfig>;
