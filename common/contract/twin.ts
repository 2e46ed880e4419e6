import { z } from "zod";
import { SignedUpdate, UpdateKind, Version } from "./updates.ts";

/**
 * The twin of a device: what the cloud wants of it (`twin/desired`, retained) and what is in force (`twin/reported`,
 * retained). Settings have the names and the text of the device's environment, so there is one way to read them.
 */

const SettingName = z.string().regex(/^[A-Z][A-Z0-9_]{0,31}$/, "is no name of a setting");
const Settings = z.record(SettingName, z.string().max(256));

/** A device has a model and its software, so more than a few at once is a mistake. */
const MAX_UPDATES = 4;

/** 2100-01-01, as `rev` counts: one beyond it was a mistake, and nothing newer could ever follow. */
export const LATEST_REV = 4_102_444_800;

/** What the cloud wants. */
export const Desired = z.looseObject({
  v: z.literal(1),
  /**
   * Grows with each change of this device's twin: a device decides on each one once, and on none that is older. Seconds
   * since 1970 at the change, or one more than before: so one from the future can be told, and does not count.
   */
  rev: z.number().int().min(1).max(LATEST_REV),
  /** All settings that differ from those the device was installed with; one that is not named any more goes back. */
  settings: Settings,
  updates: z.array(SignedUpdate).max(MAX_UPDATES),
});
export type Desired = z.infer<typeof Desired>;

/** `Desired` as a device reads it: each setting and each update is judged by itself, so that one mistake spoils no other. */
export const DesiredDoor = z.looseObject({
  v: z.literal(1),
  rev: Desired.shape.rev,
  settings: z.record(z.string(), z.unknown()),
  updates: z.array(z.unknown()),
});
export type DesiredDoor = z.infer<typeof DesiredDoor>;

/**
 * Where an update stands on the device. `trial`: switched, and it returns unless the device stays well. `unfit`: not for this
 * device (another kind of machine, older than what it came with, no key), which says nothing against the update.
 */
export const UpdateStage = z.enum([
  "waiting",
  "downloading",
  "testing",
  "trial",
  "active",
  "refused",
  "returned",
  "unfit",
]);
export type UpdateStage = z.infer<typeof UpdateStage>;

/** What the device did with one update. */
export const UpdateReport = z.looseObject({
  /** `updateId` of its manifest. */
  id: z.string().regex(/^[0-9a-f]{64}$/),
  kind: UpdateKind,
  name: z.string().max(32),
  version: Version,
  counter: z.number().int().min(1),
  stage: UpdateStage,
  /** Why it waits, was refused or returned. */
  reason: z.string().max(200).optional(),
});
export type UpdateReport = z.infer<typeof UpdateReport>;

/** What is in force. */
export const Reported = z.looseObject({
  v: z.literal(1),
  /** The newest `rev` that the device has decided on, or null where it never had one. */
  rev: z.number().int().min(1).nullable(),
  boot: z.string().max(64),
  /** Settings in force that differ from those the device was installed with. */
  settings: Settings,
  /** What was not applied and why; a `setting` of `*` is all of them. */
  refused: z.array(z.object({ setting: z.string().max(64), reason: z.string().max(200) })).max(64),
  /** True while the device proves that it can still be reached with these settings. */
  onTrial: z.boolean(),
  /** True while accepted settings wait for a restart of the program, which nobody does there by itself. */
  needsRestart: z.boolean().optional(),
  updates: z.array(UpdateReport).max(16),
});
export type Reported = z.infer<typeof Reported>;
