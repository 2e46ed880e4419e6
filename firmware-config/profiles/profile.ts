import { z } from "zod";
import { SensorWish } from "../provision/sensors.ts";

/** What a kind of device is: its settings and what of the machine it needs. Data only; `provision` makes files of it. */
export const Profile = z.strictObject({
  title: z.string(),
  program: z.enum(["edge", "gateway"]),
  /** As in the environment, over the schema's defaults; of the device itself nothing. */
  settings: z.record(z.string(), z.string()),
  /** Where `--sensors` says nothing else. */
  sensors: z.array(SensorWish),
  network: z.strictObject({
    /** Its own Wi-Fi, where phones reach the device's page and nothing else. */
    accessPoint: z.boolean(),
    /** A modem, used where there is no cable. */
    lte: z.boolean(),
  }),
  /** MiB: beyond the first the program is slowed and its caches go, beyond the second it is started anew. */
  memory: z.strictObject({ highMiB: z.number().int(), maxMiB: z.number().int() }),
});
export type Profile = z.infer<typeof Profile>;
