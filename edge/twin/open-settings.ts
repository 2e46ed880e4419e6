import { join } from "node:path";
import { loadConfig } from "#kit/load-config.ts";
import { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { mayCutOff, twinSettingOf } from "../../firmware-config/settings/twin-settings.ts";
import { judgeSettings, overlaid } from "./judge-settings.ts";
import { nextTwin, type TwinRules, type TwinState } from "./twin-state.ts";
import { openTwinStore, type TwinStore } from "./twin-store.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that a device starts with. */
export interface OpenedSettings {
  readonly config: EdgeConfig;
  readonly installed: Environment;
  readonly state: TwinState;
  readonly store: TwinStore;
  readonly rules: TwinRules;
  /** Why what was kept of the twin does not count, or null. */
  readonly trouble: string | null;
}

/** The rules of a device that was installed with this environment. */
export const rulesFor = (installed: Environment): TwinRules => ({
  useOf: (name) => twinSettingOf(name)?.use,
  mayCutOff,
  judge: (settings) => judgeSettings(settings, installed),
});

/**
 * Reads the installed settings and those of the cloud over them, and counts this start while they are on trial, so that
 * settings with which the program dies bring the last good ones back. Rejects with `BadConfig` where the installed ones
 * are wrong by themselves; nothing of the cloud's makes it reject.
 */
export async function openSettings(installed: Environment): Promise<OpenedSettings> {
  const { DATA_DIR } = loadConfig(EdgeConfig, installed);
  const store = openTwinStore(join(DATA_DIR, "twin"));
  const rules = rulesFor(installed);
  const kept = await store.read();
  const started = nextTwin(kept.state, { kind: "started" }, rules);
  const state = started === kept.state ? started : await keepStart(store, started, rules);
  return { config: overlaid(installed, state.settings), installed, state, store, rules, trouble: kept.trouble };
}

async function keepStart(store: TwinStore, started: TwinState, rules: TwinRules): Promise<TwinState> {
  return await store.write(started).then(
    () => started,
    // Said by the outbox, which stands on the same disk; it is tried again with each change.
    () => nextTwin(started, { kind: "unkept" }, rules),
  );
}
