import { isDeepStrictEqual } from "node:util";
import { clientIdOf } from "#contract/names.ts";
import { targetOf, type UpdateManifest } from "#contract/updates.ts";
import type { Logger } from "#kit/logger.ts";
import type { Sql } from "../../store/state/database.ts";
import type { GuardedFile } from "../../store/state/guarded-file.ts";
import { type KnownDevice, type KnownDevices, UNHEARD } from "../twins/known-devices.ts";
import { allTwins, newestReported, putTwin, reportedSince, twinOf } from "../twins/twin-book.ts";
import { isFor, joiningOf } from "./membership.ts";
import { nextWave, type WaveDecision } from "./next-wave.ts";
import {
  addMember,
  allRollouts,
  isOpen,
  type MemberRow,
  membersOf,
  noteStage,
  noteTally,
  type RolloutRow,
  setRollout,
  setWhy,
} from "./rollout-book.ts";
import type { Standing } from "./rollouts.ts";
import { isAway, standingOf, updatesFor } from "./standing.ts";

/** What a round works with. */
export interface RoundParts {
  /** `twins.db`. */
  readonly file: GuardedFile;
  readonly known: KnownDevices;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** A device that was heard within this time is taken for the first of a small fleet rather than one that was not. */
const REACHABLE_MS = 86_400_000;
/** A health within this time of the switch says what was counted before it. */
const AT_SWITCH_MS = 5 * 60_000;
/** While nothing is on its way and nobody says anything, it is enough to look so often: for new devices, and what expires. */
const WHOLE_EVERY_MS = 60_000;

/**
 * Makes the rounds of the rollouts: what devices have said is noted, each rollout decided, its wave filled, and the twins
 * brought to what follows. A round is one transaction and asks only what is on disk, so that a kill costs nothing and a
 * round that is made twice changes nothing. `isChanged`: somebody has just ordered something.
 */
export function makeRounds({ file, known, nowMs, log }: RoundParts): (isChanged?: boolean) => void {
  let seen = 0;
  let broughtAtMs = Number.NEGATIVE_INFINITY;
  return (isChanged = false) => {
    const now = Math.round(nowMs());
    const isDue = isChanged || Math.abs(now - broughtAtMs) >= WHOLE_EVERY_MS;
    if (!isDue && !file.use((sql) => isAwaited(sql, seen))) return;
    // Before the transaction: the ingest waits for its end with what devices report.
    const byName = new Map(known.all().map((one) => [clientIdOf(one), one]));
    const told = file.transaction((sql) => {
      const upTo = noteReported(sql, seen);
      const steps = allRollouts(sql).map((rollout) => stepOne(sql, rollout, byName, now));
      const isBrought = isDue || upTo !== seen || steps.some(({ hasChanged }) => hasChanged);
      if (isBrought) bringTwins(sql, now);
      return { upTo, isBrought, decided: steps.flatMap(({ decided }) => decided) };
    });
    seen = told.upTo;
    if (told.isBrought) broughtAtMs = now;
    for (const decided of told.decided) tell(log, decided);
  };
}

/** Whether something is on its way, or a device has said something since. */
const isAwaited = (sql: Sql, seen: number): boolean =>
  newestReported(sql) > seen || allRollouts(sql).some(({ status }) => status === "running");

function tell(log: Logger, { id, next, why }: WaveDecision & { readonly id: string }): void {
  const { level, event, text } = TOLD[next];
  log[level]({ event, id, why }, text);
}

const TOLD = {
  hold: { level: "warn", event: "rollout.held", text: "a rollout is held: see fleet:update status" },
  stop: { level: "warn", event: "rollout.stopped", text: "a rollout was stopped: see fleet:update status" },
  advance: { level: "info", event: "rollout.advanced", text: "a rollout goes on" },
  done: { level: "info", event: "rollout.done", text: "a rollout is done" },
} as const;

/** Notes what devices have said of their updates since; gives how far it has read. */
function noteReported(sql: Sql, since: number): number {
  const said = reportedSince(sql, since);
  for (const { tenant, device, body, at } of said) {
    for (const { id, stage, reason } of body.updates) {
      noteStage(sql, { tenant, device }, { id, stage, reason: reason ?? null }, at);
    }
  }
  return said.at(-1)?.revision ?? since;
}

/** What came of one rollout in a round. */
interface Step {
  readonly hasChanged: boolean;
  /** What was decided, where it changes something but words or a person is to look. */
  readonly decided: readonly (WaveDecision & { readonly id: string })[];
}

/** Decides one rollout and fills its wave. */
function stepOne(sql: Sql, rollout: RolloutRow, byName: ReadonlyMap<string, KnownDevice>, nowMs: number): Step {
  if (!isOpen(rollout)) return { hasChanged: false, decided: [] };
  const { id, signed, status } = rollout;
  const members = membersOf(sql, id);
  noteTallies(sql, members, byName);
  const decision = status === "paused" ? undefined : decide(rollout, members, byName, nowMs);
  const now = decision === undefined ? rollout : follow(sql, rollout, decision, nowMs);
  const joining = joiningNow(now, signed.manifest, members, byName, nowMs);
  for (const one of joining) addMember(sql, id, one, one.tally, nowMs);
  const isNew = now !== rollout || (status === "running" && decision?.isWarning && decision.why !== rollout.why);
  const decided = decision !== undefined && isNew ? [{ id, ...decision }] : [];
  return { hasChanged: joining.length > 0 || now !== rollout, decided };
}

/** Errors are counted from the switch on: what a program counted in the month before it dilutes what comes after it. */
function noteTallies(sql: Sql, members: readonly MemberRow[], byName: ReadonlyMap<string, KnownDevice>): void {
  for (const member of members) {
    const { switchedAt } = member;
    const { tally, heardAt } = byName.get(clientIdOf(member)) ?? UNHEARD;
    // What is heard later counts already what is to be judged: then the tally of when it was given has to do.
    const isOfSwitch = switchedAt !== null && heardAt !== null && heardAt < switchedAt + AT_SWITCH_MS;
    if (tally !== null && isOfSwitch && !isDeepStrictEqual(tally, member.tally)) noteTally(sql, member, tally);
  }
}

function joiningNow(
  { id, plan, wave, status }: RolloutRow,
  manifest: UpdateManifest,
  members: readonly MemberRow[],
  byName: ReadonlyMap<string, KnownDevice>,
  nowMs: number,
): readonly KnownDevice[] {
  const isGiven = (status === "running" || status === "done") && nowMs < manifest.expiresAt;
  if (!isGiven) return [];
  const has = new Map(members.map((member) => [clientIdOf(member), member]));
  const meant = [...byName.values()].filter((one) => isFor(plan, manifest, one));
  return joiningOf(id, plan.waves[wave] ?? 0, meant, {
    hasIt: (one) => has.has(clientIdOf(one)),
    isReachable: ({ heardAt }) => heardAt !== null && nowMs - heardAt < REACHABLE_MS,
    isAway: (one) => {
      const member = has.get(clientIdOf(one));
      return member === undefined ? isAway(one, nowMs) : standingOf(member, one, plan, nowMs) === "away";
    },
  });
}

function decide(
  { plan, signed, wave, wave_since: waveSinceMs }: RolloutRow,
  members: readonly MemberRow[],
  byName: ReadonlyMap<string, KnownDevice>,
  nowMs: number,
): WaveDecision {
  const counts: Partial<Record<Standing, number>> = {};
  for (const member of members) {
    const standing = standingOf(member, byName.get(clientIdOf(member)), plan, nowMs);
    counts[standing] = (counts[standing] ?? 0) + 1;
  }
  return nextWave({ plan, wave, waveSinceMs, nowMs, expiresAtMs: signed.manifest.expiresAt, counts });
}

/** Writes down what was decided; gives the rollout as it is then, the same one where nothing but words have changed. */
function follow(sql: Sql, rollout: RolloutRow, { next, why }: WaveDecision, nowMs: number): RolloutRow {
  const { id, status, wave, wave_since, signed } = rollout;
  const change = (to: Pick<RolloutRow, "status" | "wave" | "wave_since">): RolloutRow => {
    setRollout(sql, id, { ...to, why }, nowMs);
    return { ...rollout, ...to };
  };
  // A rollout that is done gives its update to those that come later, and is stopped by too many failures only.
  if (status === "done") {
    const isStopped = next === "stop" && nowMs < signed.manifest.expiresAt;
    return isStopped ? change({ status: "stopped", wave, wave_since }) : rollout;
  }
  switch (next) {
    case "hold":
      setWhy(sql, id, why);
      return rollout;
    case "advance":
      return change({ status, wave: wave + 1, wave_since: nowMs });
    case "stop":
      return change({ status: "stopped", wave, wave_since });
    case "done":
      return change({ status: "done", wave, wave_since });
    default:
      return next satisfies never;
  }
}

/** Brings the twins of all devices that an update was given to to what follows from the rollouts now. */
export function bringTwins(sql: Sql, nowMs: number): void {
  const rollouts = allRollouts(sql);
  const members = new Map<string, Map<string, MemberRow>>();
  for (const { id } of rollouts) {
    for (const member of membersOf(sql, id)) {
      const ofDevice = members.get(clientIdOf(member)) ?? new Map<string, MemberRow>();
      members.set(clientIdOf(member), ofDevice.set(id, member));
    }
  }
  const offers = rollouts.map(({ id, counter, status, signed }) => ({
    id,
    target: targetOf(signed.manifest),
    counter,
    status,
    expiresAt: signed.manifest.expiresAt,
  }));
  const wanted = new Map(allTwins(sql).map((twin) => [clientIdOf(twin), twin.updates.join()]));
  for (const [name, ofDevice] of members) {
    const updates = updatesFor(offers, (id) => ofDevice.get(id), nowMs);
    const [member] = ofDevice.values();
    if (member === undefined || (wanted.get(name) ?? "") === updates.join()) continue;
    putTwin(sql, member, { settings: twinOf(sql, member)?.settings ?? {}, updates }, nowMs);
  }
}
