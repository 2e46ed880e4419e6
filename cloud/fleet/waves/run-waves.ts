import { clientIdOf } from "#contract/names.ts";
import type { Logger } from "#kit/logger.ts";
import type { Sql } from "../../store/state/database.ts";
import type { GuardedFile } from "../../store/state/guarded-file.ts";
import type { KnownDevice, KnownDevices } from "../twins/known-devices.ts";
import { allTwins, putTwin, reportedSince, twinOf } from "../twins/twin-book.ts";
import { isFor, joiningOf } from "./membership.ts";
import { nextWave, type WaveDecision } from "./next-wave.ts";
import {
  addMember,
  allRollouts,
  isOpen,
  type MemberRow,
  membersOf,
  noteStage,
  type RolloutRow,
  setRollout,
  setWhy,
} from "./rollout-book.ts";
import type { Standing } from "./rollouts.ts";
import { standingOf, updatesFor } from "./standing.ts";

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
/** While nothing is on its way and nobody says anything, it is enough to look so often: for new devices, and what expires. */
const WHOLE_EVERY_MS = 60_000;

/**
 * Makes the rounds of the rollouts: what devices have said is noted, each rollout decided, its wave filled, and the twins
 * brought to what follows. A round is one transaction and asks only what is on disk, so that a kill costs nothing and a
 * round that is made twice changes nothing.
 */
export function makeRounds({ file, known, nowMs, log }: RoundParts): (isChanged?: boolean) => void {
  let seen = 0;
  let wholeAtMs = Number.NEGATIVE_INFINITY;
  return (isChanged = false) => {
    const told = file.transaction((sql) => {
      const upTo = noteReported(sql, seen);
      const rollouts = allRollouts(sql);
      const now = Math.round(nowMs());
      const isQuiet = upTo === seen && !rollouts.some(({ status }) => status === "running");
      if (isQuiet && !isChanged && Math.abs(now - wholeAtMs) < WHOLE_EVERY_MS) return { upTo, decided: [] };
      wholeAtMs = now;
      const devices = known.all();
      const decided = rollouts.flatMap((rollout) => stepOne(sql, rollout, devices, now));
      bringTwins(sql, now);
      return { upTo, decided };
    });
    seen = told.upTo;
    for (const { id, next, why } of told.decided) {
      log.info({ event: `rollout.${WORDS[next]}`, id, why }, "a rollout goes on or ends");
    }
  };
}

const WORDS = { advance: "advanced", stop: "stopped", done: "done", hold: "held" } as const;

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

/** Decides one rollout and fills its wave; gives the decision where it changes something. */
function stepOne(
  sql: Sql,
  rollout: RolloutRow,
  devices: readonly KnownDevice[],
  nowMs: number,
): readonly (WaveDecision & { readonly id: string })[] {
  if (!isOpen(rollout)) return [];
  const { id, plan, signed, status } = rollout;
  const decision = status === "paused" ? undefined : decide(rollout, membersOf(sql, id), devices, nowMs);
  const now = decision === undefined ? rollout : follow(sql, rollout, decision, nowMs);
  if ((now.status === "running" || now.status === "done") && nowMs < signed.manifest.expiresAt) {
    const has = new Set(membersOf(sql, id).map(clientIdOf));
    const joining = joiningOf(
      id,
      plan.waves[now.wave] ?? 0,
      devices.filter((one) => isFor(plan, signed.manifest, one)),
      {
        hasIt: (one) => has.has(clientIdOf(one)),
        isReachable: ({ heardAt }) => heardAt !== null && nowMs - heardAt < REACHABLE_MS,
      },
    );
    for (const one of joining) addMember(sql, id, one, one.errorsPerHour, nowMs);
  }
  return decision === undefined || now === rollout ? [] : [{ id, ...decision }];
}

function decide(
  { plan, signed, wave, wave_since: waveSinceMs }: RolloutRow,
  members: readonly MemberRow[],
  devices: readonly KnownDevice[],
  nowMs: number,
): WaveDecision {
  const counts: Partial<Record<Standing, number>> = {};
  const byName = new Map(devices.map((one) => [clientIdOf(one), one]));
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
function bringTwins(sql: Sql, nowMs: number): void {
  const rollouts = allRollouts(sql);
  const members = new Map<string, Map<string, MemberRow>>();
  for (const { id } of rollouts) {
    for (const member of membersOf(sql, id)) {
      const ofDevice = members.get(clientIdOf(member)) ?? new Map<string, MemberRow>();
      members.set(clientIdOf(member), ofDevice.set(id, member));
    }
  }
  const offers = rollouts.map(({ id, kind, name, counter, status, signed }) => ({
    id,
    target: `${kind}/${name}`,
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
