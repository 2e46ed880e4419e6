import type { Reported } from "#contract/twin.ts";
import { givenSettings, loadConfig } from "#kit/load-config.ts";
import { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { judgeTwinSetting } from "../../firmware-config/settings/judge-twin-setting.ts";
import { wrongTogether } from "../../firmware-config/settings/twin-settings.ts";

/** Settings of the cloud, as text, over those that the device was installed with. */
export type Overlay = Readonly<Record<string, string>>;
/** What was not applied and why. */
export type Refusal = Reported["refused"][number];
/** Settings that were looked at. */
export interface Judged {
  readonly settings: Overlay;
  readonly refused: readonly Refusal[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_REASON = 200;
const MAX_NAME = 64;
const MAX_REFUSED = 64;

/** A refusal in the lengths that the contract allows. */
export const refusal = (setting: string, reason: string): Refusal => ({
  setting: setting.slice(0, MAX_NAME),
  reason: reason.slice(0, MAX_REASON),
});

/** As many refusals as the contract allows; the last one counts what is left out. */
export function shorten(refused: readonly Refusal[]): readonly Refusal[] {
  if (refused.length <= MAX_REFUSED) return refused;
  const kept = refused.slice(0, MAX_REFUSED - 1);
  return [...kept, refusal("*", `${refused.length - kept.length} more were refused`)];
}

/**
 * Which of the wanted settings a device with this environment may take. Each is judged by itself; of those that do not go
 * together the smallest set is refused, and the rest is taken.
 */
export function judgeSettings(wanted: Readonly<Record<string, unknown>>, installed: Environment): Judged {
  const refused: Refusal[] = [];
  let settings: Overlay = {};
  for (const [name, value] of Object.entries(wanted)) {
    const one = judgeTwinSetting(name, value, installed);
    if (typeof one === "string") refused.push(refusal(name, one));
    else settings = { ...settings, [name]: one.text };
  }
  for (let wrong = wrongOf(settings, installed); wrong !== undefined; wrong = wrongOf(settings, installed)) {
    const conflict = smallestConflict(settings, installed);
    // The installed settings themselves are wrong: nothing of ours helps, or harms.
    if (conflict.length === 0) return { settings: {}, refused: shorten([...refused, refusal("*", wrong)]) };
    const reason = wrongOf(only(settings, conflict), installed) ?? wrong;
    refused.push(...conflict.map((name) => refusal(name, reasonOf(reason, name, conflict))));
    settings = only(
      settings,
      Object.keys(settings).filter((name) => !conflict.includes(name)),
    );
  }
  return { settings, refused: shorten(refused) };
}

/** The settings of the device with the cloud's over them. Throws where `judgeSettings` would have refused. */
export const overlaid = (installed: Environment, overlay: Overlay): EdgeConfig =>
  loadConfig(EdgeConfig, { ...installed, ...overlay });

/** What is wrong with all of them together, or undefined. */
function wrongOf(overlay: Overlay, installed: Environment): string | undefined {
  const parsed = EdgeConfig.safeParse(givenSettings(EdgeConfig, { ...installed, ...overlay }));
  if (parsed.success) return wrongTogether(Object.keys(overlay), parsed.data);
  const issue = parsed.error.issues[0];
  return issue === undefined ? "not understood" : `${issue.path.join(".")}: ${issue.message}`;
}

const only = (overlay: Overlay, names: readonly string[]): Overlay =>
  Object.fromEntries(Object.entries(overlay).filter(([name]) => names.includes(name)));

/** Names of which none can be left out so that the others are still wrong; empty where nothing but the installed is. */
function smallestConflict(overlay: Overlay, installed: Environment): readonly string[] {
  let conflict = Object.keys(overlay);
  for (const name of conflict) {
    const without = conflict.filter((other) => other !== name);
    if (wrongOf(only(overlay, without), installed) !== undefined) conflict = without;
  }
  return conflict;
}

function reasonOf(reason: string, name: string, conflict: readonly string[]): string {
  const others = conflict.filter((other) => other !== name);
  return others.length === 0 ? reason : `${reason} (with ${others.join(", ")})`;
}
