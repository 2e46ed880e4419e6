import { clientIdOf } from "#contract/names.ts";
import type { Sql } from "../../store/state/database.ts";
import type { KnownDevice } from "../twins/known-devices.ts";
import { isFor } from "./membership.ts";
import { type MemberRow, membersOf, type RolloutRow } from "./rollout-book.ts";
import type { MemberView, RolloutDetail, RolloutView, Standing } from "./rollouts.ts";
import { standingBySaying, standingOf } from "./standing.ts";

/** A person looks at these first. */
const WORST_FIRST: readonly Standing[] = ["returned", "refused", "unwell", "silent", "unproven", "trial", "testing"];
const MAX_LISTED = 200;
const MAX_REASONS = 20;

interface Stood {
  readonly member: MemberRow;
  readonly device: KnownDevice | undefined;
  readonly standing: Standing;
}

/** The devices as they are known, or undefined while nobody can tell how they are. */
type Devices = readonly KnownDevice[] | undefined;

/** A rollout as an administrator sees it. */
export const viewOf = (sql: Sql, row: RolloutRow, devices: Devices, nowMs: number): RolloutView =>
  summaryOf(row, devices, stoodOf(sql, row, devices, nowMs));

/** The same with its devices, those first that a person must look at. */
export function detailOf(sql: Sql, row: RolloutRow, devices: Devices, nowMs: number): RolloutDetail {
  const stood = stoodOf(sql, row, devices, nowMs);
  const rank = ({ standing }: Stood) =>
    (WORST_FIRST.indexOf(standing) + WORST_FIRST.length + 1) % (WORST_FIRST.length + 1);
  const list = stood.toSorted((one, other) => rank(one) - rank(other)).slice(0, MAX_LISTED);
  return { ...summaryOf(row, devices, stood), list: list.map(memberView) };
}

function stoodOf(sql: Sql, { id, plan }: RolloutRow, devices: Devices, nowMs: number): readonly Stood[] {
  const byName = new Map(devices?.map((one) => [clientIdOf(one), one]));
  return membersOf(sql, id).map((member) => {
    const device = byName.get(clientIdOf(member));
    const standing = devices === undefined ? standingBySaying(member) : standingOf(member, device, plan, nowMs);
    return { member, device, standing };
  });
}

function summaryOf(row: RolloutRow, devices: Devices, stood: readonly Stood[]): RolloutView {
  const { id, kind, name, counter, plan, status, wave, why, signed } = row;
  const active = stood.filter(({ member }) => member.stage === "active");
  const counts: Partial<Record<Standing, number>> = tally(stood.map(({ standing }) => standing));
  return {
    ...{ id, kind, name, counter, plan, status, why, counts },
    version: signed.manifest.version,
    expiresAt: signed.manifest.expiresAt,
    wave: wave + 1,
    waveSince: row.wave_since,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    devices: devices?.filter((one) => isFor(plan, signed.manifest, one)).length ?? 0,
    members: stood.length,
    reasons: reasonsOf(stood),
    software: tally(active.map(({ device }) => device?.software ?? "unknown")),
    models: tally(active.map(({ device }) => device?.model ?? "none")),
  };
}

const tally = (words: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));

function reasonsOf(stood: readonly Stood[]): RolloutView["reasons"] {
  const named = stood.flatMap(({ standing, member: { reason } }) => (reason === null ? [] : [{ standing, reason }]));
  return [...Map.groupBy(named, ({ standing, reason }) => `${standing} ${reason}`).values()]
    .flatMap(([first, ...more]) => (first === undefined ? [] : [{ ...first, devices: more.length + 1 }]))
    .sort((one, other) => other.devices - one.devices)
    .slice(0, MAX_REASONS);
}

const memberView = ({ member, device, standing }: Stood): MemberView => ({
  tenant: member.tenant,
  device: member.device,
  standing,
  reason: member.reason,
  givenAt: member.givenAt,
  switchedAt: member.switchedAt,
  heardAt: device?.heardAt ?? null,
});
