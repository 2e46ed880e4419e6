import { z } from "zod";
import { BrokerUrl } from "#contract/broker-url.ts";
import { DeviceName, SensorName, TenantName } from "#contract/names.ts";
import { LogLevel } from "#kit/logger.ts";
import { readSecret } from "#kit/read-secret.ts";
import { ByteAddress } from "./sensors/byte-source.ts";

const Fields = z.string().transform((text, context): readonly ("pm25" | "pm10")[] => {
  const parsed = z
    .array(z.enum(["pm25", "pm10"]))
    .min(1)
    .safeParse(text.split(",").map((field) => field.trim()));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: "custom", message: "must be pm25, pm10 or pm25,pm10" });
  return z.NEVER;
});

const seconds = (least: number) => z.coerce.number().min(least).max(86_400);

/** Settings of the program on the device. */
export const EdgeConfig = z
  .object({
    TENANT: TenantName.describe("the region or municipality this device belongs to"),
    DEVICE: DeviceName.describe("its name, unique within the tenant"),
    TOKEN: z.string().min(16).optional().describe("its secret at the broker; this or TOKEN_FILE"),
    TOKEN_FILE: z.string().optional().describe("file that holds the secret"),
    BROKER_URL: BrokerUrl.describe("mqtts://HOST:PORT, or mqtt://127.0.0.1:PORT on this machine"),
    DATA_DIR: z.string().min(1).default("data/edge").describe("folder of the outbox, drafts and the device's key"),
    CAMERA_FOLDER: z.string().optional().describe("folder whose JPEGs are the camera; not set: no camera, no model"),
    CAMERA_FOLDER_LOOP: z.stringbool().default(false).describe("begin anew after the last photo of the folder"),
    SDS011: ByteAddress.optional().describe("particle sensor: serial:/dev/ttyUSB0, tcp://HOST:PORT or unix:/path"),
    SDS011_SENSOR: SensorName.default("sds011").describe("its name in readings"),
    SDS011_FIELDS: Fields.default(["pm25", "pm10"]).describe("what of it is kept: pm25,pm10"),
    IIO_DIR: z
      .string()
      .default("/sys/bus/iio/devices")
      .describe("the kernel's climate sensors; none where it is absent"),
    READING_EVERY_S: seconds(0.02).default(60).describe("seconds between two rounds of the sensors"),
    READINGS_PER_PACK: z.coerce.number().int().min(1).max(1_000).default(1).describe("rounds in one message"),
    HEALTH_EVERY_S: seconds(0.1).default(60).describe("seconds between two health messages"),
    REPLAY: z.string().max(128).optional().describe("name of the recording that the sensors replay: marks readings"),
    MODEL_DIR: z.string().default("models/waste-site").describe("folder of the model and its manifest"),
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(8081).describe("port on 127.0.0.1; 0: any free one"),
    CLOCK: z.enum(["auto", "gps", "ntp", "rtc", "none"]).default("auto").describe("how far the clock may be trusted"),
    LOG_LEVEL: LogLevel.default("info").describe("debug, info, warn, error or silent"),
  })
  .superRefine(({ TOKEN, TOKEN_FILE }, context) => {
    if ((TOKEN === undefined) === (TOKEN_FILE === undefined)) {
      context.addIssue({ code: "custom", path: ["TOKEN"], message: "set TOKEN or TOKEN_FILE, one of them" });
    }
  });
export type EdgeConfig = z.infer<typeof EdgeConfig>;

/** The device's secret, from the setting or from its file. Rejects with `BadConfig` when the file holds none. */
export async function readToken({ TOKEN, TOKEN_FILE }: EdgeConfig): Promise<string> {
  return TOKEN ?? (await readSecret("TOKEN_FILE", TOKEN_FILE ?? ""));
}
