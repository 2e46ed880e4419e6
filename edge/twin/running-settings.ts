import type { Logger } from "#kit/logger.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { type Overlay, overlaid } from "./judge-settings.ts";
import type { OpenedSettings } from "./open-settings.ts";
import { changesOf, type TwinState, wayTo } from "./twin-state.ts";

/** The settings that the program runs with, and how others come into force. */
export interface RunningSettings {
  readonly config: EdgeConfig;
  readonly overlay: Overlay;
  /** Grows with each change of the broker: what a former one said proves nothing for this one. */
  readonly broker: number;
  /** Whether the program runs with the settings of this state; else it awaits a restart. */
  isWith(state: TwinState): boolean;
  /** Whether something starts the program again when it ends. */
  readonly isSupervised: boolean;
  /** Puts the settings of a state in force, or asks for the restart that they need. */
  follow(state: TwinState): void;
  onLive(listener: (config: EdgeConfig) => void): void;
  onReconnect(listener: () => void): void;
  onRestart(listener: () => void): void;
}

/** Begins with the settings that the program was started with. */
export function runSettings({ config: begin, installed, state, rules }: OpenedSettings, log: Logger): RunningSettings {
  const onLive = new Set<(config: EdgeConfig) => void>();
  const onReconnect = new Set<() => void>();
  const restart = once();
  // As the settings say, else as systemd shows itself to its services.
  const isSupervised = begin.SUPERVISED ?? (installed.NOTIFY_SOCKET ?? "") !== "";
  let config = begin;
  let overlay = state.settings;
  let broker = 0;

  function adopt(settings: Overlay): void {
    const isReconnect = changesOf(overlay, settings).some((name) => rules.useOf(name) === "reconnect");
    config = overlaid(installed, settings);
    overlay = settings;
    log.info(
      { event: "twin.applied", names: Object.keys(settings), isReconnect },
      "settings of the cloud are in force",
    );
    for (const listener of onLive) listener(config);
    if (!isReconnect) return;
    broker += 1;
    for (const listener of onReconnect) listener();
  }

  /** What runs, but with the broker of other settings where that goes together. */
  function withBrokerOf(other: Overlay): Overlay {
    const part = (of: Overlay, isBroker: boolean) =>
      Object.entries(of).filter(([name]) => (rules.useOf(name) === "reconnect") === isBroker);
    const mixed = Object.fromEntries([...part(overlay, false), ...part(other, true)]);
    return changesOf(rules.judge(mixed).settings, mixed).length === 0 ? mixed : overlay;
  }

  return {
    get config() {
      return config;
    },
    get overlay() {
      return overlay;
    },
    get broker() {
      return broker;
    },
    isSupervised,
    isWith: (wanted) => changesOf(overlay, wanted.settings).length === 0,
    follow: ({ settings, trial }) => {
      const way = wayTo(overlay, settings, rules);
      if (way === "live" || way === "reconnect") adopt(settings);
      if (way !== "restart") return;
      if (isSupervised) {
        restart.ask();
        return;
      }
      // Nobody starts it again here; a way back to the broker must not wait for that.
      const bridged = trial === null ? withBrokerOf(settings) : overlay;
      if (changesOf(overlay, bridged).length > 0) adopt(bridged);
    },
    onLive: (listener) => void onLive.add(listener),
    onReconnect: (listener) => void onReconnect.add(listener),
    onRestart: restart.listen,
  };
}

/** Something that is asked for once at most, maybe before anybody listens. */
function once(): { ask(): void; listen(listener: () => void): void } {
  const asked = Promise.withResolvers<void>();
  return {
    ask: asked.resolve,
    listen: (listener) => void asked.promise.then(listener),
  };
}
