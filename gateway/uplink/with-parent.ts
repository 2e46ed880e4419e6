import { randomUUID } from "node:crypto";
import type { ParentSettings } from "../../firmware-config/settings/parent-settings.ts";
import type { Rules } from "../access/rules.ts";
import { rulesWithin } from "./tenants.ts";
import type { Uplink, UplinkParts } from "./uplink.ts";

/** The rules of a gateway with these settings: one with a parent takes only what it may bring there. */
export const rulesFor = ({ PARENT_URL, PARENT_TENANTS = [] }: ParentSettings, rules: Rules): Rules =>
  PARENT_URL === undefined ? rules : rulesWithin(rules, PARENT_TENANTS);

/** The way to the parent, where there is one: only then is MQTT.js loaded, which costs some megabytes. */
export async function startUplinkFor(
  settings: ParentSettings,
  parts: Omit<UplinkParts, "random" | "mark">,
): Promise<Uplink | undefined> {
  if (settings.PARENT_URL === undefined) return undefined;
  const { startUplink } = await import("./uplink.ts");
  return await startUplink(settings, { ...parts, random: Math.random, mark: randomUUID() });
}
