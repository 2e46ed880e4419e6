import { z } from "zod";
import { LATEST_REV, Reported } from "#contract/twin.ts";
import type { TwinUse } from "../../firmware-config/settings/twin-settings.ts";
import { type Judged, type Overlay, refusal, shorten } from "./judge-settings.ts";

const Settings = z.record(z.string().max(32), z.string().max(256)).readonly();

/**
 * `reach`: the broker must answer in time; where a restart led here the trial is `run` from then on. `run`: the device must
 * run for that time, in a few starts: what kills a program need not do so before it has spoken to a broker. `back` comes
 * back if they fail. A rescue tries the installed connection, because the one of the cloud has been silent for long.
 */
const Trial = z
  .object({
    proves: z.enum(["reach", "run"]),
    limitMs: z.number().min(0),
    back: Settings,
    isRescue: z.boolean(),
  })
  .readonly();
type Trial = z.infer<typeof Trial>;

/**
 * Whether new settings or the link was to blame shows when the old ones are back: if they bring a connection at once
 * (`blamed`), the new ones are not tried again; if it takes long (`unproven`), the link was away, and they are. `ms` is
 * the time since the return while the verdict is open; `awaitsStart`: going back itself asks for one start.
 */
const Returned = z
  .object({
    tries: z.number().int().min(1),
    verdict: z.enum(["open", "blamed", "unproven"]),
    ms: z.number().min(0),
    awaitsStart: z.boolean(),
  })
  .readonly();
type Returned = z.infer<typeof Returned>;

/**
 * What a device has decided on its twin: values in, values out. It is kept on disk before anything of it is done, so a
 * device that dies anywhere goes on from here, with the old settings or with the new ones and never with some of each.
 */
export const TwinState = z
  .object({
    /** The newest `rev` that was decided on; null where there was none. */
    rev: Reported.shape.rev,
    /** In force, or to be put in force. */
    settings: Settings,
    refused: Reported.shape.refused.readonly(),
    /** Set while the settings must still prove themselves. */
    trial: Trial.nullable(),
    /** How long the device ran, and how often it started, with these settings and without a word of the broker. */
    unheard: z.object({ ms: z.number().min(0), starts: z.number().int().min(0) }).readonly(),
    /** Set where settings did not prove themselves, until the next `rev`. */
    returned: Returned.nullable(),
  })
  .readonly();
export type TwinState = z.infer<typeof TwinState>;

/** What happens to a twin. */
export type TwinEvent =
  /** The program starts; asked before any setting is used. */
  | { readonly kind: "started" }
  /** The count of this start cannot be kept. */
  | { readonly kind: "unkept" }
  /** It has run for so long with the settings of the state. */
  | {
      readonly kind: "passed";
      readonly ms: number;
      readonly isConnected: boolean;
      /** Why what is on trial does not work although the program runs, or null; asked for where some are `provenWithin` that. */
      readonly trouble: string | null;
    }
  /** A broker has accepted a connection with the settings of the state. */
  | { readonly kind: "connected" }
  /** and has acknowledged something on it. */
  | { readonly kind: "acknowledged" }
  | {
      readonly kind: "wanted";
      readonly rev: number;
      readonly judged: Judged;
      readonly trialMs: number;
      /** UTC, or null where GPS and NTP do not vouch for it. */
      readonly nowMs: number | null;
    };

/** What the state machine must know of settings. */
export interface TwinRules {
  useOf(name: string): TwinUse | undefined;
  /** Whether a wrong one may take away the way to the broker. */
  mayCutOff(name: string): boolean;
  /** Those settings that this software still takes. */
  judge(settings: Overlay): Judged;
}

/** The state of a device that never heard of its twin. */
export const NO_TWIN: TwinState = {
  rev: null,
  settings: {},
  refused: [],
  trial: null,
  unheard: { ms: 0, starts: 0 },
  returned: null,
};

const UNHEARD_NEVER = { ms: 0, starts: 0 } as const;
/** More starts than these during a trial are a crash loop: an engine is not switched off so often in ten minutes. */
export const MOST_STARTS = 5;
/** Old settings that connect within this time show that the link was not away: one back-off and a slow modem. */
export const BLAME_WITHIN_MS = 2 * 60_000;
/** Settings that met no link are tried so often in all; then somebody must send them again. */
export const MOST_TRIES = 3;
/** A broker that the cloud has set and that is silent for so long, or for so many starts, may be gone for good: */
export const SILENT_MS = 24 * 60 * 60_000;
export const SILENT_STARTS = 20;
/** then the installed one is tried for this long, and again after as much silence. */
export const RESCUE_MS = 30 * 60_000;

/** Clocks of cloud and device differ by less. */
const AHEAD_MS = 24 * 60 * 60_000;

/** Whether a `rev` is of a time that has not come: whoever wrote it had a wrong clock, or wanted to be the last one. */
export const isFromFuture = (rev: number, nowMs: number | null): boolean =>
  rev > LATEST_REV || (nowMs !== null && rev * 1000 > nowMs + AHEAD_MS);

/** The `rev` below which nothing is decided on any more, or null: one from the future shuts nobody out. */
export const revThatCounts = ({ rev }: TwinState, nowMs: number | null): number | null =>
  rev === null || isFromFuture(rev, nowMs) ? null : rev;

/** The state after an event; the same object where nothing has changed. */
export function nextTwin(state: TwinState, event: TwinEvent, rules: TwinRules): TwinState {
  switch (event.kind) {
    case "started":
      return onStarted(onlyUnderstood(state, rules), rules);
    case "unkept":
      return state.trial === null ? state : failed(state, state.trial, "the disk keeps no count of the starts", false);
    case "passed":
      return onPassed(state, event, rules);
    case "connected":
      return state.returned?.verdict !== "open" ? state : withVerdict(state, state.returned, "blamed");
    case "acknowledged":
      return onAcknowledged(state, rules);
    case "wanted":
      return onWanted(state, event, rules);
    default:
      return event satisfies never;
  }
}

/** Whether such settings wait: what needs a restart comes once in a trial, however often something else is wanted. */
export const waitsForTrial = (state: TwinState, settings: Overlay, rules: TwinRules): boolean =>
  state.trial !== null && wayTo(state.settings, settings, rules) === "restart";

/** The settings that will have run for long enough within this time, or none. */
export function provenWithin({ trial, settings, unheard }: TwinState, ms: number): readonly string[] {
  const isProven = trial?.proves === "run" && unheard.ms + ms >= trial.limitMs;
  return isProven ? changesOf(settings, trial.back) : [];
}

/** How going from one set of settings to another is done: by a restart where one of the changes needs it. */
export function wayTo(from: Overlay, to: Overlay, rules: TwinRules): TwinUse | "nothing" {
  const uses = new Set(changesOf(from, to).map((name) => rules.useOf(name) ?? "restart"));
  if (uses.has("restart")) return "restart";
  if (uses.has("reconnect")) return "reconnect";
  return uses.has("live") ? "live" : "nothing";
}

/** The names that differ. */
export const changesOf = (a: Overlay, b: Overlay): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]);

const isReach = (rules: TwinRules) => (name: string) => rules.useOf(name) === "reconnect";

function withVerdict(state: TwinState, returned: Returned, verdict: Returned["verdict"]): TwinState {
  return { ...state, returned: { ...returned, verdict } };
}

/** An update of the software may have made settings wrong that were right. */
function onlyUnderstood(state: TwinState, rules: TwinRules): TwinState {
  const { settings, refused } = rules.judge(state.settings);
  const back = state.trial === null ? null : rules.judge(state.trial.back).settings;
  const isSame = changesOf(settings, state.settings).length === 0;
  if (isSame && state.trial === null) return state;
  const trial = state.trial === null || back === null ? null : { ...state.trial, back };
  return isSame ? { ...state, trial } : { ...state, trial, settings, refused: shorten([...state.refused, ...refused]) };
}

function onStarted(state: TwinState, rules: TwinRules): TwinState {
  const { returned, trial, unheard } = state;
  if (returned?.verdict === "open") {
    // Another start than the one for going back: nobody knows for how long the device was off.
    const next = returned.awaitsStart
      ? { ...returned, awaitsStart: false }
      : { ...returned, verdict: "unproven" as const };
    return { ...state, returned: next };
  }
  if (trial === null && !Object.keys(state.settings).some(isReach(rules))) return state;
  const counted = { ...state, unheard: { ...unheard, starts: unheard.starts + 1 } };
  if (trial !== null && counted.unheard.starts > MOST_STARTS) {
    // This very start is the one with the old settings.
    return failed(counted, trial, `the program did not last over ${MOST_STARTS} starts with them`, false);
  }
  return trial === null && counted.unheard.starts > SILENT_STARTS ? rescued(counted, rules) : counted;
}

function onPassed(
  state: TwinState,
  { ms, isConnected, trouble }: Extract<TwinEvent, { kind: "passed" }>,
  rules: TwinRules,
): TwinState {
  const { returned, trial, unheard } = state;
  if (returned?.verdict === "open") {
    const passedMs = returned.ms + ms;
    const next = { ...state, returned: { ...returned, ms: passedMs } };
    return passedMs < BLAME_WITHIN_MS ? next : withVerdict(next, next.returned, "unproven");
  }
  if (trial === null && (isConnected || !Object.keys(state.settings).some(isReach(rules)))) return state;
  const counted = { ...state, unheard: { ...unheard, ms: unheard.ms + ms } };
  if (trial === null) return counted.unheard.ms >= SILENT_MS ? rescued(counted, rules) : counted;
  if (counted.unheard.ms < trial.limitMs) return counted;
  const needsRestart = wayTo(state.settings, trial.back, rules) === "restart";
  if (trial.proves === "run") {
    if (trouble !== null) return failed(counted, trial, trouble, needsRestart);
    return { ...counted, trial: null, unheard: UNHEARD_NEVER, returned: null };
  }
  const minutes = Math.round(trial.limitMs / 6_000) / 10;
  return failed(counted, trial, `no connection within ${minutes} min`, needsRestart);
}

function onAcknowledged(state: TwinState, rules: TwinRules): TwinState {
  const { trial, unheard } = state;
  if (trial?.proves === "run") return state;
  const mustRun = trial !== null && !trial.isRescue && wayTo(trial.back, state.settings, rules) === "restart";
  if (mustRun) return { ...state, trial: { ...trial, proves: "run" } };
  if (trial === null && unheard.ms === 0 && unheard.starts === 0) return state;
  const refused =
    trial?.isRescue !== true
      ? state.refused
      : changesOf(state.settings, trial.back).map((name) =>
          refusal(name, "its broker was silent for long: the installed one is in force again"),
        );
  const returned = trial === null ? state.returned : null;
  return { ...state, trial: null, unheard: UNHEARD_NEVER, refused, returned };
}

/** The last good settings come back. */
function failed(state: TwinState, trial: Trial, why: string, awaitsStart: boolean): TwinState {
  const back = { ...state, settings: trial.back, trial: null, unheard: UNHEARD_NEVER };
  if (trial.isRescue) return back;
  const tries = (state.returned?.tries ?? 0) + 1;
  // A crash says more than silence: no link makes a program end.
  const verdict = trial.proves === "run" ? "blamed" : "open";
  const refused = [refusal("*", `${why}: the last good settings are back`)];
  return { ...back, refused, returned: { tries, verdict, ms: 0, awaitsStart } };
}

/** Tries the installed connection, with all else as it is where that goes together. */
function rescued(state: TwinState, rules: TwinRules): TwinState {
  const without = Object.fromEntries(Object.entries(state.settings).filter(([name]) => !isReach(rules)(name)));
  const { settings } = rules.judge(without);
  const trial = { proves: "reach", limitMs: RESCUE_MS, back: state.settings, isRescue: true } as const;
  return { ...state, settings, trial, unheard: UNHEARD_NEVER };
}

function onWanted(
  state: TwinState,
  { rev, judged, trialMs, nowMs }: Extract<TwinEvent, { kind: "wanted" }>,
  rules: TwinRules,
): TwinState {
  const { returned } = state;
  const isAgain =
    rev === state.rev && state.trial === null && returned?.verdict === "unproven" && returned.tries < MOST_TRIES;
  const known = revThatCounts(state, nowMs);
  if (!isAgain && (isFromFuture(rev, nowMs) || (known !== null && rev <= known))) return state;
  const back = state.trial === null ? state.settings : state.trial.back;
  const { settings, refused } = judged;
  const decided = { ...state, rev, settings, refused, returned: isAgain ? returned : null };
  const way = wayTo(back, settings, rules);
  const changes = changesOf(back, settings);
  if (way === "nothing" || way === "live") return { ...decided, trial: null, unheard: UNHEARD_NEVER };
  const proves = changes.some(rules.mayCutOff) ? "reach" : "run";
  const trial: Trial = { proves, limitMs: state.trial?.limitMs ?? trialMs, back, isRescue: false };
  // Who sends one change after the other does not make the trial longer.
  return { ...decided, trial, unheard: state.trial === null ? UNHEARD_NEVER : state.unheard };
}
