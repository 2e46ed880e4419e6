import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { BrokerUrl } from "#contract/broker-url.ts";
import { DeviceName } from "#contract/names.ts";
import { LogLevel } from "#kit/logger.ts";
import { isLoopback } from "#kit/loopback.ts";
import { readSecret } from "#kit/read-secret.ts";
import { updateSettings } from "../firmware-config/settings/update-settings.ts";
import type { Retention } from "./air/windows/retention.ts";
import type { FleetSettings } from "./fleet/fleet-calls.ts";
import type { BrokerSignIn } from "./ingest/broker-sign-in.ts";
import { GatewaysText } from "./ingest/gateways.ts";

const INFLUX_KEYS = ["INFLUX_URL", "INFLUX_TOKEN", "INFLUX_ORG", "INFLUX_BUCKET"] as const;

const given = (values: readonly (string | undefined)[]) => values.filter((value) => value !== undefined).length;
const oneOf = (...values: (string | undefined)[]): boolean => given(values) === 1;
const together = (...values: (string | undefined)[]): boolean => given(values) % values.length === 0;

const Days = z.coerce.number().min(0).max(36_500);

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    // A RangeError: the runtime does not know it.
    return false;
  }
}

/** Settings of the cloud. */
export const CloudConfig = z
  .object({
    HOST: z.string().default("127.0.0.1").describe("address to listen on for the map, the desk and the API"),
    PORT: z.coerce.number().int().min(0).max(65_535).default(8080).describe("its port; 0 takes a free one"),
    TLS_CERT: z.string().optional().describe("PEM file of the certificate chain; turns HTTPS on"),
    TLS_KEY: z.string().optional().describe("PEM file of the certificate's key"),
    DATA_DIR: z.string().default("data/cloud").describe("folder of the stores; made where it is missing"),
    BROKER_URL: BrokerUrl.default("mqtt://127.0.0.1:1883").describe("the gateway: mqtts://, or mqtt:// on loopback"),
    DEVICE: DeviceName.default("cloud").describe("name of this consumer; its tenant is dv"),
    BROKER_CERT: z.string().optional().describe("PEM file of this consumer's certificate; read for each connection"),
    BROKER_KEY: z.string().optional().describe("PEM file of its key; may be the same file (see client:enrol)"),
    BROKER_CA: z.string().optional().describe("PEM file of the authority of the gateway's certificate, if private"),
    TOKEN: z.string().optional().describe("for development, instead of BROKER_CERT: its token at the gateway"),
    TOKEN_FILE: z.string().optional().describe("file that holds the token, instead of TOKEN"),
    GATEWAYS: GatewaysText.default("gateway=*").describe(
      "who may say which tenants' messages are lost, by GATEWAY_NAME: gateway=*,village-3=chel+kopeysk",
    ),
    REGISTRY_FILE: z
      .string()
      .default("data/cloud/registry.json")
      .describe("stations, sites and assignments; read again when it changes"),
    ADMIN_TOKEN_SHA256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in lower-case hex")
      .optional()
      .describe("SHA-256 (hex) of the administrator's token; without it the desk is shut"),
    ADMIN_TOKEN_FILE: z.string().optional().describe("file that holds the administrator's token itself"),
    INFLUX_URL: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("InfluxDB 2 for the measurements; all four or none"),
    INFLUX_TOKEN: z.string().optional().describe("its token"),
    INFLUX_ORG: z.string().optional().describe("its organisation"),
    INFLUX_BUCKET: z.string().optional().describe("its bucket"),
    FLEET_CERT_DAYS: z.coerce
      .number()
      .min(0.0001)
      .max(825)
      .default(90)
      .describe("how long a client's certificate holds; it is renewed at 60 % of that"),
    FLEET_CA_CERT: z
      .string()
      .optional()
      .describe("PEM file of one's own authority; not set: one is made in DATA_DIR/fleet"),
    FLEET_CA_KEY: z.string().optional().describe("PEM file of its key (EC, P-256)"),
    UPDATE_KEYS: updateSettings.UPDATE_KEYS.describe(
      "public keys that updates must be signed with, separated by commas; not set: none are taken",
    ),
    ROLLOUT_EVERY_S: z.coerce
      .number()
      .min(0.1)
      .max(3_600)
      .default(10)
      .describe("how often it is decided whether updates go on to more devices"),
    ARTEFACT_BYTES_PER_S: z.coerce
      .number()
      .int()
      .min(16_384)
      .default(20 * 1024 * 1024)
      .describe("what all devices together may download of updates in a second; the map goes first"),
    OPEN_DATA_PER_MINUTE: z.coerce
      .number()
      .int()
      .min(1)
      .default(120)
      .describe(
        "requests for open data and indices that one address may make in a minute; averages are counted by MAP_PER_MINUTE",
      ),
    MAP_PER_MINUTE: z.coerce
      .number()
      .int()
      .min(1)
      .default(1_200)
      .describe(
        "averages and moments of the past that one address may ask for in a minute: the map's charts and calendars; readers behind a mobile network share one",
      ),
    OPEN_DATA_ATTRIBUTION: z
      .string()
      .min(1)
      .max(200)
      .default("Dvornik")
      .describe("who is named as the source of the open data (CC BY 4.0)"),
    STALE_AFTER_S: z.coerce.number().min(1).default(900).describe("a station that is silent for longer turns grey"),
    OFFLINE_AFTER_S: z.coerce.number().min(1).default(7_200).describe("one that is silent for longer is offline"),
    TIME_ZONE: z
      .string()
      .default("Asia/Yekaterinburg")
      .refine(isTimeZone, "is no time zone of the IANA list")
      .describe("whose days the averages of 24 hours are; a change counts from the end of the day that runs"),
    RETENTION_RAW_DAYS: Days.default(0).describe("how long the readings of the air are kept; 0: for ever"),
    RETENTION_M1_DAYS: Days.default(90).describe("the same for averages of a minute"),
    RETENTION_M20_DAYS: Days.default(400).describe("of 20 minutes"),
    RETENTION_H1_DAYS: Days.default(0).describe("of an hour"),
    RETENTION_D1_DAYS: Days.default(0).describe("of a day"),
    BEHIND_TLS_PROXY: z
      .stringbool()
      .default(false)
      .describe(
        "a proxy on this machine or network ends TLS in front: cookies are Secure, and HOST may be any address",
      ),
    LOG_LEVEL: LogLevel.default("info").describe("debug, info, warn, error or silent"),
  })
  .refine(({ TOKEN, TOKEN_FILE, BROKER_CERT }) => oneOf(TOKEN, TOKEN_FILE, BROKER_CERT), {
    path: ["TOKEN"],
    error: "one of BROKER_CERT, and for development TOKEN and TOKEN_FILE, is needed",
  })
  .refine(({ BROKER_CERT, BROKER_KEY }) => together(BROKER_CERT, BROKER_KEY), {
    path: ["BROKER_KEY"],
    error: "BROKER_CERT and BROKER_KEY go together",
  })
  .refine(({ BROKER_CERT, BROKER_URL }) => BROKER_CERT === undefined || BROKER_URL.startsWith("mqtts:"), {
    path: ["BROKER_URL"],
    error: "a certificate is shown over mqtts: only",
  })
  .refine(({ TLS_CERT, TLS_KEY }) => together(TLS_CERT, TLS_KEY), {
    path: ["TLS_KEY"],
    error: "TLS_CERT and TLS_KEY go together",
  })
  .refine(({ HOST, TLS_CERT, BEHIND_TLS_PROXY }) => isLoopback(HOST) || TLS_CERT !== undefined || BEHIND_TLS_PROXY, {
    path: ["HOST"],
    error:
      "listening beyond loopback needs TLS_CERT and TLS_KEY, or a proxy with TLS in front (BEHIND_TLS_PROXY=true): tokens would travel in the clear",
  })
  .refine(({ FLEET_CA_CERT, FLEET_CA_KEY }) => together(FLEET_CA_CERT, FLEET_CA_KEY), {
    path: ["FLEET_CA_KEY"],
    error: "FLEET_CA_CERT and FLEET_CA_KEY go together",
  })
  .refine((config) => new Set(INFLUX_KEYS.map((key) => config[key] === undefined)).size === 1, {
    path: ["INFLUX_URL"],
    error: `${INFLUX_KEYS.join(", ")} go together`,
  });
export type CloudConfig = z.infer<typeof CloudConfig>;

/** How the cloud signs in at the gateway. Rejects with `BadConfig` when the token's file cannot be read. */
export async function signInOf(config: CloudConfig): Promise<BrokerSignIn> {
  const { TOKEN, TOKEN_FILE, BROKER_CERT, BROKER_KEY, BROKER_CA } = config;
  const token = TOKEN_FILE === undefined ? TOKEN : await readSecret("TOKEN_FILE", TOKEN_FILE);
  return {
    token: token ?? null,
    certFile: BROKER_CERT ?? null,
    keyFile: BROKER_KEY ?? null,
    caFile: BROKER_CA ?? null,
  };
}

/** What HTTPS is served with, or undefined. Rejects with `BadConfig` when a file cannot be read. */
export async function tlsOf({ TLS_CERT, TLS_KEY }: CloudConfig): Promise<{ cert: string; key: string } | undefined> {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined;
  return { cert: await readSecret("TLS_CERT", TLS_CERT), key: await readSecret("TLS_KEY", TLS_KEY) };
}

/** SHA-256 (hex) of the administrator's token, or undefined where none is set. */
export async function readAdminTokenSha256(config: CloudConfig): Promise<string | undefined> {
  if (config.ADMIN_TOKEN_SHA256 !== undefined) return config.ADMIN_TOKEN_SHA256;
  if (config.ADMIN_TOKEN_FILE === undefined) return undefined;
  const token = await readSecret("ADMIN_TOKEN_FILE", config.ADMIN_TOKEN_FILE);
  return createHash("sha256").update(token).digest("hex");
}

const DAY_MS = 86_400_000;

/** How the authority of the fleet is opened. */
export function fleetOf(config: CloudConfig, dataDir: string): FleetSettings {
  const { FLEET_CA_CERT: certFile, FLEET_CA_KEY: keyFile } = config;
  return {
    folder: join(dataDir, "fleet"),
    file: join(dataDir, "fleet.db"),
    twinsFile: join(dataDir, "twins.db"),
    stateFile: join(dataDir, "state.db"),
    artefactFolder: join(dataDir, "artefacts"),
    updateKeys: [...config.UPDATE_KEYS],
    roundMs: config.ROLLOUT_EVERY_S * 1000,
    own: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
    lifeMs: config.FLEET_CERT_DAYS * DAY_MS,
    logLevel: config.LOG_LEVEL,
  };
}

/** How long points and averages of the air are kept. */
export const retentionOf = (config: CloudConfig): Retention => ({
  raw: config.RETENTION_RAW_DAYS,
  m1: config.RETENTION_M1_DAYS,
  m20: config.RETENTION_M20_DAYS,
  h1: config.RETENTION_H1_DAYS,
  d1: config.RETENTION_D1_DAYS,
});

/** InfluxDB's settings, or null where none are set. */
export function influxOf(config: CloudConfig): { url: string; token: string; org: string; bucket: string } | null {
  const { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket } = config;
  if (url === undefined || token === undefined || org === undefined || bucket === undefined) return null;
  return { url, token, org, bucket };
}
