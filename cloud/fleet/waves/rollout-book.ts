import { z } from "zod";
import type { Address } from "#contract/names.ts";
import { UpdateStage } from "#contract/twin.ts";
import { SignedUpdate, UpdateKind } from "#contract/updates.ts";
import { JsonText } from "#kit/json-text.ts";
import type { Sql } from "../../store/state/database.ts";
import { ErrorTally, errorsPerHour } from "../twins/error-tally.ts";
import { RolloutPlan, RolloutStatus } from "./rollouts.ts";

/** Rows of `twins.db` about rollouts and their devices; whoever calls holds the transaction. */

const RolloutColumns = z.object({
  id: z.string(),
  kind: UpdateKind,
  name: z.string(),
  counter: z.number().int(),
  signed: JsonText.pipe(SignedUpdate),
  plan: JsonText.pipe(RolloutPlan),
  status: RolloutStatus,
  wave: z.number().int(),
  wave_since: z.number().int(),
  why: z.string(),
  created_at: z.number().int(),
  ended_at: z.number().int().nullable(),
});
/** One update on its way. */
export type RolloutRow = z.infer<typeof RolloutColumns>;

const tallyIn = (text: string | null): ErrorTally | null => JsonText.pipe(ErrorTally).safeParse(text).data ?? null;

const MemberColumns = z
  .object({
    id: z.string(),
    tenant: z.string(),
    device: z.string(),
    given_at: z.number().int(),
    stage: UpdateStage.nullable(),
    reason: z.string().nullable(),
    switched_at: z.number().int().nullable(),
    errors_before: z.number().nullable(),
    tally: z.string().nullable().transform(tallyIn),
  })
  .transform(({ given_at, switched_at, errors_before, ...row }) => ({
    ...row,
    givenAt: given_at,
    switchedAt: switched_at,
    errorsBefore: errors_before,
  }));
/** A device that an update was given to. */
export type MemberRow = z.infer<typeof MemberColumns>;

/** All rollouts, the oldest first. */
export const allRollouts = (sql: Sql): readonly RolloutRow[] =>
  sql.all(RolloutColumns, "SELECT * FROM rollouts ORDER BY created_at, counter");

export const rolloutOf = (sql: Sql, id: string): RolloutRow | undefined =>
  sql.get(RolloutColumns, "SELECT * FROM rollouts WHERE id = ?", id);

/** Whether a rollout still gives its update to devices. */
export const isOpen = ({ status }: Pick<RolloutRow, "status">): boolean =>
  status === "running" || status === "paused" || status === "done";

/** Begins a rollout at its first wave. */
export function insertRollout(sql: Sql, id: string, signed: SignedUpdate, plan: RolloutPlan, nowMs: number): void {
  const { kind, name, counter } = signed.manifest;
  sql.run(
    `INSERT INTO rollouts (id, kind, name, counter, signed, plan, status, wave, wave_since, why, created_at)
     VALUES (?, ?, ?, ?, ?, ?, 'running', 0, ?, 'begun', ?)`,
    ...[id, kind, name, counter, JSON.stringify(signed), JSON.stringify(plan), nowMs, nowMs],
  );
}

/** Changes where a rollout stands; one that has ended says when. */
export function setRollout(
  sql: Sql,
  id: string,
  to: Pick<RolloutRow, "status" | "wave" | "wave_since" | "why">,
  nowMs: number,
): void {
  sql.run(
    "UPDATE rollouts SET status = ?, wave = ?, wave_since = ?, why = ?, ended_at = ? WHERE id = ?",
    ...[to.status, to.wave, to.wave_since, to.why, isOpen(to) && to.status !== "done" ? null : nowMs, id],
  );
}

export const setWhy = (sql: Sql, id: string, why: string): void =>
  void sql.run("UPDATE rollouts SET why = ? WHERE id = ? AND why <> ?", why, id, why);

/** The devices that an update was given to. */
export const membersOf = (sql: Sql, id: string): readonly MemberRow[] =>
  sql.all(MemberColumns, "SELECT * FROM members WHERE id = ? ORDER BY tenant, device", id);

/** Gives an update to a device; `tally` is what it has counted so far. */
export function addMember(
  sql: Sql,
  id: string,
  { tenant, device }: Address,
  tally: ErrorTally | null,
  nowMs: number,
): void {
  sql.run(
    `INSERT INTO members (id, tenant, device, given_at, errors_before, tally) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    ...[id, tenant, device, nowMs, tally && errorsPerHour(tally), tally && JSON.stringify(tally)],
  );
}

/** Notes what a device had counted when it had switched. */
export const noteTally = (sql: Sql, { id, tenant, device }: MemberRow, tally: ErrorTally): void =>
  void sql.run(
    "UPDATE members SET tally = ? WHERE id = ? AND tenant = ? AND device = ?",
    ...[JSON.stringify(tally), id, tenant, device],
  );

/** Notes what a device says of an update that was given to it. */
export function noteStage(
  sql: Sql,
  { tenant, device }: Address,
  { id, stage, reason }: { readonly id: string; readonly stage: UpdateStage; readonly reason: string | null },
  atMs: number,
): void {
  const hasSwitched = stage === "trial" || stage === "active";
  // One that waits again (its trial met no link, its card was written anew) has not switched, and says nothing about the update.
  const forgets = stage === "waiting" || stage === "downloading" || stage === "testing";
  const switchedAt = hasSwitched ? atMs : null;
  sql.run(
    `UPDATE members SET stage = ?, reason = ?, switched_at = iif(?, NULL, coalesce(switched_at, ?))
     WHERE id = ? AND tenant = ? AND device = ? AND (stage IS NOT ? OR reason IS NOT ?)`,
    ...[stage, reason, forgets ? 1 : 0, switchedAt, id, tenant, device, stage, reason],
  );
}
