import { z } from "zod";

/** What a device lives on. */
export const PowerProfile = z.enum(["mains", "battery", "solar"]);
export type PowerProfile = z.infer<typeof PowerProfile>;

/** Settings of power and heat. */
export const powerSettings = {
  POWER_PROFILE: PowerProfile.default("mains").describe(
    "what the device lives on; on battery and solar it measures and sends more seldom when the charge is low",
  ),
  POWER_EVERY_S: z.coerce
    .number()
    .min(0.02)
    .max(3_600)
    .default(30)
    .describe("seconds between two looks at power, heat and what was written"),
  SYS_DIR: z.string().default("/sys").describe("the kernel's files of temperature, supply, battery and card"),
};
