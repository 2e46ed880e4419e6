import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import type { ProgramEnvironment } from "../camera/program-environment.ts";
import { type Power, type PowerOptions, startPower } from "./power.ts";
import { powerReader } from "./read-power.ts";

/** Looks after the power of the machine that the settings name. */
export async function openPower(
  { POWER_PROFILE: profile, POWER_EVERY_S, SYS_DIR: sysDir }: EdgeConfig,
  environment: ProgramEnvironment,
  parts: Omit<PowerOptions, "profile" | "everyMs" | "read">,
): Promise<Power> {
  const { counters, log } = parts;
  const onHung = (place: string) => {
    counters.count("power-hung");
    log.warn({ event: "power.hung", place }, "what tells of the power does not answer; it is not waited for");
  };
  const read = powerReader({ sysDir, environment, onHung });
  return await startPower({ ...parts, profile, everyMs: POWER_EVERY_S * 1000, read });
}
