import { z } from "zod";
import { EnrolRefusal, EnrolRequest, RenewRequest } from "#contract/enrolment.ts";
import { Sha256 } from "#contract/names.ts";
import { LogLevel } from "#kit/logger.ts";
import { CertificateQuery, ClaimOrder, RevocationOrder } from "./fleet.ts";
import { DeviceQuery, TwinAddress, TwinOrder } from "./twins/twins.ts";
import { RolloutOrder, RolloutStep } from "./waves/rollouts.ts";

/** What crosses between the main thread and the thread of the fleet; each side parses what it gets. */

/** How the thread is started. */
export const FleetSettings = z.object({
  folder: z.string(),
  file: z.string(),
  own: z.object({ certFile: z.string(), keyFile: z.string() }).nullable(),
  lifeMs: z.number().positive(),
  /** The SQLite file of twins and rollouts; the ingest writes into it too. */
  twinsFile: z.string(),
  /** The state store, which is only read here. */
  stateFile: z.string(),
  /** Where the files of updates lie. */
  artefactFolder: z.string(),
  /** Raw public keys (base64url) that updates must be signed with. */
  updateKeys: z.array(z.string()),
  /** How often rollouts are looked at. */
  roundMs: z.number().positive(),
  logLevel: LogLevel,
});
export type FleetSettings = z.infer<typeof FleetSettings>;

/** What the thread is asked. */
export const FleetTask = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("claim"), order: ClaimOrder }),
  z.object({ kind: z.literal("enrol"), request: EnrolRequest }),
  z.object({ kind: z.literal("nonce") }),
  z.object({ kind: z.literal("renew"), request: RenewRequest }),
  z.object({ kind: z.literal("revoke"), order: RevocationOrder }),
  z.object({ kind: z.literal("certificates"), query: CertificateQuery }),
  z.object({ kind: z.literal("revocation-list") }),
  z.object({ kind: z.literal("authority") }),
  z.object({ kind: z.literal("counts") }),
  z.object({ kind: z.literal("twin"), address: TwinAddress }),
  z.object({ kind: z.literal("put-twin"), order: TwinOrder }),
  z.object({ kind: z.literal("devices"), query: DeviceQuery }),
  z.object({ kind: z.literal("add-rollout"), order: RolloutOrder }),
  z.object({ kind: z.literal("rollouts") }),
  z.object({ kind: z.literal("rollout"), id: z.string() }),
  z.object({ kind: z.literal("step-rollout"), id: z.string(), step: RolloutStep }),
  z.object({ kind: z.literal("remove-artefact"), sha256: Sha256 }),
]);
export type FleetTask = z.infer<typeof FleetTask>;

/** A numbered task, or the end. */
export const ToFleet = z.union([z.literal("close"), z.object({ id: z.number(), task: FleetTask })]);
export type ToFleet = z.infer<typeof ToFleet>;

/** Whether the files could be opened (the message says why not), and then the answers. */
export const FromFleet = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("open") }),
  z.object({ kind: z.literal("shut"), message: z.string() }),
  z.object({ kind: z.literal("answer"), id: z.number(), value: z.unknown() }),
  z.object({ kind: z.literal("refused"), id: z.number(), code: EnrolRefusal, message: z.string() }),
  z.object({ kind: z.literal("failed"), id: z.number(), message: z.string() }),
]);
export type FromFleet = z.infer<typeof FromFleet>;
