import type { Overlay } from "../../../../edge/twin/judge-settings.ts";
import {
  changesOf,
  NO_TWIN,
  nextTwin,
  provenWithin,
  type TwinEvent,
  type TwinRules,
  type TwinState,
  waitsForTrial,
  wayTo,
} from "../../../../edge/twin/twin-state.ts";
import { mayCutOff, twinSettingOf } from "../../../../firmware-config/settings/twin-settings.ts";

/** A device without disk, network and time of its own: what the decisions about its twin lead to. */
export interface SimulatedDevice {
  readonly state: TwinState;
  /** The settings that it runs with. */
  readonly running: Overlay;
  readonly isConnected: boolean;
  /** Each set of settings that it began to run with, in order. */
  readonly history: readonly Overlay[];
  /** The power is cut and comes back. */
  restart(): void;
  pass(ms: number): void;
  /** Lies at the brokers, retained, from now on. */
  want(rev: number, settings: Overlay): void;
}

/** What the world around it is like; it may change at any time. */
export interface World {
  hasLink: boolean;
  /** Whether the broker that the settings name answers; the installed one is where they name none. */
  answers(broker: string | undefined): boolean;
  /** Whether the settings take away the link itself. */
  cutsOff?(settings: Overlay): boolean;
  /** Whether the camera that the settings name does not answer. */
  seesNothing?(settings: Overlay): boolean;
  /** UTC, where the device knows it. */
  nowMs?: number;
  /** Whether the program dies at its start with these settings. */
  crashes(settings: Overlay): boolean;
}

/** Takes all settings of the table, without looking at their values. */
export const SIMPLE_RULES: TwinRules = {
  useOf: (name) => twinSettingOf(name)?.use,
  mayCutOff,
  judge: (settings) => ({ settings, refused: [] }),
};

const TRIAL_MS = 10 * 60_000;
const STEP_MS = 5 * 60_000;

/** Switches a device on. */
export function simulateDevice(world: World): SimulatedDevice {
  let state = NO_TWIN;
  let running: Overlay = {};
  let isRunning = false;
  let isConnected = false;
  let wanted: { readonly rev: number; readonly settings: Overlay } | undefined;
  const history: Overlay[] = [];

  const hasWay = () => world.hasLink && world.answers(running.BROKER_URL) && world.cutsOff?.(running) !== true;
  const step = (event: TwinEvent) => {
    state = nextTwin(state, event, SIMPLE_RULES);
    follow();
  };
  function follow(): void {
    const way = wayTo(running, state.settings, SIMPLE_RULES);
    if (!isRunning || way === "nothing") return;
    if (way === "restart") {
      start();
      return;
    }
    running = state.settings;
    history.push(running);
    if (way === "reconnect") {
      isConnected = false;
      connect();
    }
  }
  function start(): void {
    isConnected = false;
    state = nextTwin(state, { kind: "started" }, SIMPLE_RULES);
    running = state.settings;
    history.push(running);
    isRunning = !world.crashes(running);
    connect();
  }
  function connect(): void {
    if (!isRunning || isConnected || !hasWay()) return;
    isConnected = true;
    step({ kind: "connected" });
    if (isConnected) step({ kind: "acknowledged" });
    if (isConnected) hear();
  }
  function hear(): void {
    if (wanted === undefined) return;
    const { rev, settings } = wanted;
    if (changesOf(running, state.settings).length === 0 && waitsForTrial(state, settings, SIMPLE_RULES)) return;
    step({ kind: "wanted", rev, judged: { settings, refused: [] }, trialMs: TRIAL_MS, nowMs: world.nowMs ?? null });
  }
  start();
  return {
    get state() {
      return state;
    },
    get running() {
      return running;
    },
    get isConnected() {
      return isConnected;
    },
    history,
    restart: start,
    pass: (ms) => {
      for (let left = ms; left > 0; left -= STEP_MS) {
        if (isConnected && !hasWay()) isConnected = false;
        if (!isRunning) start();
        connect();
        const isWith = changesOf(running, state.settings).length === 0;
        if (!isRunning || !isWith) continue;
        const passed = Math.min(left, STEP_MS);
        const isOnTrial = provenWithin(state, passed).includes("CAMERA");
        const trouble = isOnTrial && world.seesNothing?.(running) === true ? "the camera does not answer" : null;
        step({ kind: "passed", ms: passed, isConnected, trouble });
        if (isConnected) hear();
      }
    },
    want: (rev, settings) => {
      wanted = { rev, settings };
      if (isConnected) hear();
    },
  };
}
