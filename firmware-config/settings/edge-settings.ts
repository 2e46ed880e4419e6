import { z } from "zod";
import { BrokerUrl } from "#contract/broker-url.ts";
import { ClaimToken, FleetUrl } from "#contract/enrolment.ts";
import { DeviceName, SensorName, TenantName } from "#contract/names.ts";
import { LogLevel } from "#kit/logger.ts";
import { ByteAddress, TcpAddress } from "./byte-address.ts";
import { cameraSettings, checkCameraSettings } from "./camera-settings.ts";
import { PLANTOWER_MODELS } from "./plantower-models.ts";
import { powerSettings } from "./power-settings.ts";
import { storageSettings } from "./storage-settings.ts";
import { updateSettings } from "./update-settings.ts";

const Fields = z.string().transform((text, context): readonly ("pm25" | "pm10")[] => {
  const parsed = z
    .array(z.enum(["pm25", "pm10"]))
    .min(1)
    .safeParse(text.split(",").map((field) => field.trim()));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: "custom", message: "must be pm25, pm10 or pm25,pm10" });
  return z.NEVER;
});

/** Host names or IPv4 addresses; the first is the one that others are led to. */
const Names = z
  .string()
  .transform((text) => text.split(",").map((name) => name.trim()))
  .pipe(z.array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?$/, "is no host name")).max(8));

const seconds = (least: number) => z.coerce.number().min(least).max(86_400);

/** Of all our particle sensors (edge/sensors/supported.ts): one that works no longer than this only ever warms up. */
const WARM_UP_S = 30;

/** Settings of the program on the device. */
export const EdgeConfig = z
  .object({
    TENANT: TenantName.describe("the region or municipality this device belongs to"),
    DEVICE: DeviceName.describe("its name, unique within the tenant"),
    FLEET_URL: FleetUrl.optional().describe("the cloud's address (https:), where the device gets its certificate"),
    CLAIM: ClaimToken.optional().describe("turned into the first certificate, once; then not needed any more"),
    CLAIM_FILE: z.string().optional().describe("file that holds the claim; read again before each attempt"),
    TOKEN: z.string().min(16).optional().describe("for development, instead of FLEET_URL: its secret at the broker"),
    TOKEN_FILE: z.string().optional().describe("file that holds the secret"),
    BROKER_URL: BrokerUrl.describe("mqtts://HOST:PORT, or mqtt://127.0.0.1:PORT on this machine"),
    BROKER_CA: z.string().optional().describe("PEM file of the authority of the broker's certificate, if private"),
    DATA_DIR: z.string().min(1).default("data/edge").describe("folder of the outbox, drafts and the device's key"),
    OUTBOX_BYTES: z.coerce
      .number()
      .int()
      .min(1024 * 1024)
      .default(2 * 1024 * 1024 * 1024)
      .describe("what may wait for the gateway; a truck's month of photos is about 0.7 GiB"),
    ...cameraSettings,
    SDS011: ByteAddress.optional().describe("particle sensor: serial:/dev/ttyUSB0, tcp://HOST:PORT or unix:/path"),
    SDS011_SENSOR: SensorName.default("sds011").describe("its name in readings"),
    SDS011_FIELDS: Fields.default(["pm25", "pm10"]).describe("what of it is kept: pm25,pm10"),
    PMS: ByteAddress.optional().describe("Plantower particle sensor: an address as of SDS011"),
    PMS_B: ByteAddress.optional().describe("a second Plantower of the same model: channel B"),
    PMS_MODEL: z
      .enum(PLANTOWER_MODELS)
      .default("pms5003")
      .describe(`which one: ${PLANTOWER_MODELS.join(", ")}`),
    SPS30: ByteAddress.optional().describe("Sensirion SPS30 over UART: an address as of SDS011"),
    PARTICLE_ASK: z.stringbool().default(false).describe("ask SDS011 and PMS each time: query and passive mode"),
    PARTICLE_WORK_S: z.coerce
      .number()
      .min(0)
      .max(86_400)
      .default(0)
      .describe(
        "seconds (30 of warm-up) that particle sensors work before a round and sleep else; 0: they never sleep",
      ),
    GPSD: TcpAddress.optional().describe("position and time from gpsd: tcp://127.0.0.1:2947"),
    IIO_DIR: z
      .string()
      .default("/sys/bus/iio/devices")
      .describe("the kernel's climate, gas and particle sensors; none where it is absent"),
    READING_EVERY_S: seconds(0.02).default(60).describe("seconds between two rounds of the sensors"),
    READINGS_PER_PACK: z.coerce.number().int().min(1).max(1_000).default(1).describe("rounds in one message"),
    HEALTH_EVERY_S: seconds(0.1).default(60).describe("seconds between two health messages"),
    ...powerSettings,
    ...storageSettings,
    REPLAY: z.string().max(128).optional().describe("name of the recording that the sensors replay: marks readings"),
    MODEL_DIR: z.string().default("models/waste-site").describe("folder of the model and its manifest"),
    ...updateSettings,
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(8081).describe("port on 127.0.0.1; 0: any free one"),
    PAGE_NAMES: Names.default([]).describe(
      "names and addresses that phones on the device's own Wi-Fi ask by, with commas between; without them 127.0.0.1 alone",
    ),
    CLOCK: z.enum(["auto", "gps", "ntp", "rtc", "none"]).default("auto").describe("how far the clock may be trusted"),
    TWIN_TRIAL_MIN: z.coerce
      .number()
      .min(0.05)
      .max(1_440)
      .default(10)
      .describe("minutes in which settings from the cloud must bring a connection, else the last good ones return"),
    SUPERVISED: z
      .stringbool()
      .optional()
      .describe("whether something starts the program again when it ends; not set: whether NOTIFY_SOCKET is"),
    LOG_LEVEL: LogLevel.default("info").describe("debug, info, warn, error or silent"),
  })
  .superRefine(checkCameraSettings)
  .superRefine(({ TOKEN, TOKEN_FILE, FLEET_URL, CLAIM, CLAIM_FILE, BROKER_URL }, context) => {
    const ways = [TOKEN, TOKEN_FILE, FLEET_URL].filter((way) => way !== undefined);
    if (ways.length !== 1) {
      const message = "set FLEET_URL (with CLAIM or CLAIM_FILE), or for development TOKEN or TOKEN_FILE, one of them";
      context.addIssue({ code: "custom", path: ["FLEET_URL"], message });
    }
    const claims = [CLAIM, CLAIM_FILE].filter((claim) => claim !== undefined);
    if (claims.length > (FLEET_URL === undefined ? 0 : 1)) {
      context.addIssue({ code: "custom", path: ["CLAIM"], message: "one of CLAIM and CLAIM_FILE, beside FLEET_URL" });
    }
    if (FLEET_URL !== undefined && !BROKER_URL.startsWith("mqtts:")) {
      context.addIssue({ code: "custom", path: ["BROKER_URL"], message: "a certificate is shown over mqtts: only" });
    }
  })
  .superRefine(({ PARTICLE_WORK_S, READING_EVERY_S }, context) => {
    if (PARTICLE_WORK_S === 0 || (PARTICLE_WORK_S > WARM_UP_S && PARTICLE_WORK_S < READING_EVERY_S)) return;
    const message = `must be 0, or more than the ${WARM_UP_S} s of warm-up and less than READING_EVERY_S`;
    context.addIssue({ code: "custom", path: ["PARTICLE_WORK_S"], message });
  });
export type EdgeConfig = z.infer<typeof EdgeConfig>;
