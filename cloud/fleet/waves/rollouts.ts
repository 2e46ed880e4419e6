import { z } from "zod";
import { TenantName } from "#contract/names.ts";
import { SignedUpdate, UpdateKind } from "#contract/updates.ts";

const Milliseconds = z.number().int().describe("UTC milliseconds since 1970");
const Percent = z.number().min(0.01).max(100);

/** How an update goes through the fleet. */
export const RolloutPlan = z.object({
  tenants: z.array(TenantName).min(1).max(64).nullable().default(null).describe("whose devices; null for everybody's"),
  waves: z
    .array(Percent)
    .min(1)
    .max(10)
    .refine(
      (waves) => waves.every((share, n) => share > (waves[n - 1] ?? 0)),
      "each wave must be larger than the one before",
    )
    .default([1, 10, 100])
    .describe("percent of the devices that have it after each wave"),
  soakHours: z.number().min(0).max(720).default(24).describe("the least time from one wave to the next"),
  silentHours: z
    .number()
    .min(0.001)
    .max(720)
    .default(48)
    .describe("a device that is not heard for so long after it has switched is silent; too many hold the rollout"),
  failurePercent: z.number().min(0).max(100).default(5).describe("more failures than this stop it"),
  enoughPercent: z.number().min(1).max(100).default(50).describe("so many of a wave must have proved well or failed"),
});
export type RolloutPlan = z.infer<typeof RolloutPlan>;

/** What is to be rolled out. */
export const RolloutOrder = z.object({ update: SignedUpdate, plan: RolloutPlan.prefault({}) });
export type RolloutOrder = z.infer<typeof RolloutOrder>;

/**
 * `done`: its last wave is well; devices that come back later still get it. `stopped` and `superseded` are for ever: a
 * device takes no counter twice, so the way on is an update with the next one.
 */
export const RolloutStatus = z.enum(["running", "paused", "done", "stopped", "superseded"]);
export type RolloutStatus = z.infer<typeof RolloutStatus>;

/**
 * How a device stands to an update that was given to it. `unheard`: it has not said anything of it. `unproven`: it says that
 * it is active there, and the city has not heard of it for long enough since, or its program has just begun anew. `silent`: not
 * heard any more since it has switched. `unwell`: it counts far more errors than before, or its program ends again and again.
 * `away`: its certificates are revoked, or nobody has heard of it for a month and it has nothing to show for the update.
 * `unfit`: it says that the update is for others.
 */
export const Standing = z.enum([
  "unheard",
  "waiting",
  "downloading",
  "testing",
  "trial",
  "unproven",
  "well",
  "refused",
  "returned",
  "unfit",
  "silent",
  "unwell",
  "away",
]);
export type Standing = z.infer<typeof Standing>;

/** One rollout as it stands. */
export const RolloutView = z.object({
  id: z.string(),
  kind: UpdateKind,
  name: z.string(),
  version: z.string(),
  counter: z.number().int(),
  expiresAt: Milliseconds,
  plan: RolloutPlan,
  status: RolloutStatus,
  wave: z.number().int().describe("counted from 1"),
  waveSince: Milliseconds,
  why: z.string().describe("what it waits for, or why it has ended"),
  createdAt: Milliseconds,
  endedAt: Milliseconds.nullable(),
  devices: z.number().int().describe("that it is for, as far as the city knows them"),
  members: z.number().int().describe("that it was given to"),
  counts: z.partialRecord(Standing, z.number().int()),
  reasons: z.array(z.object({ standing: Standing, reason: z.string(), devices: z.number().int() })),
  software: z.record(z.string(), z.number().int()).describe("what those that say it is active run"),
  models: z.record(z.string(), z.number().int()).describe("what those that say it is active judge with"),
});
export type RolloutView = z.infer<typeof RolloutView>;

/** A device in a rollout. */
export const MemberView = z.object({
  tenant: z.string(),
  device: z.string(),
  standing: Standing,
  reason: z.string().nullable(),
  givenAt: Milliseconds,
  switchedAt: Milliseconds.nullable(),
  heardAt: Milliseconds.nullable(),
});
export type MemberView = z.infer<typeof MemberView>;

/** One rollout with its devices, failures first, at most 200. */
export const RolloutDetail = RolloutView.extend({ list: z.array(MemberView) });
export type RolloutDetail = z.infer<typeof RolloutDetail>;

/** What a person may want of a rollout. */
export const RolloutStep = z.enum(["pause", "resume", "stop"]);
export type RolloutStep = z.infer<typeof RolloutStep>;

/** What came of an order or a step: the rollout, or why not in words. */
export const RolloutAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done"), rollout: RolloutView }),
  z.object({ kind: z.literal("unknown") }),
  z.object({ kind: z.literal("invalid"), reason: z.string() }),
  z.object({ kind: z.literal("conflict"), reason: z.string() }),
]);
export type RolloutAnswer = z.infer<typeof RolloutAnswer>;

export const Removal = z.enum(["removed", "in-use", "missing"]);
export type Removal = z.infer<typeof Removal>;

/**
 * Updates on their way through the fleet. What it answers is on disk, and each step may be asked for again. Rejects with
 * `StateUnavailable` when its file cannot be written now.
 */
export interface Rollouts {
  /** Begins with the first wave; a newer counter of the same kind and name ends the older rollout. */
  addRollout(order: RolloutOrder): Promise<RolloutAnswer>;
  /** The newest first. */
  rollouts(): Promise<readonly RolloutView[]>;
  rollout(id: string): Promise<RolloutDetail | undefined>;
  stepRollout(id: string, step: RolloutStep): Promise<RolloutAnswer>;
  /** Removes a file that no update on its way needs. */
  removeArtefact(sha256: string): Promise<Removal>;
}
