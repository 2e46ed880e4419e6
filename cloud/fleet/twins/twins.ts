import { z } from "zod";
import { DeviceName, RESERVED_TENANT, TenantName } from "#contract/names.ts";
import { Desired, Reported } from "#contract/twin.ts";

const Milliseconds = z.number().int().describe("UTC milliseconds since 1970");

/** A device that can have a twin: our own consumers and gateways have none. */
export const TwinAddress = z.object({
  tenant: TenantName.refine((tenant) => tenant !== RESERVED_TENANT, `${RESERVED_TENANT} has no devices with twins`),
  device: DeviceName,
});
export type TwinAddress = z.infer<typeof TwinAddress>;

/** Together with four updates a twin must fit into what a gateway keeps of one topic (`limits.retainedBytes`). */
const MAX_SETTINGS_BYTES = 12 * 1024;

/** Settings as an administrator wants them. */
export const WantedSettings = Desired.shape.settings.refine(
  (settings) => Buffer.byteLength(JSON.stringify(settings)) <= MAX_SETTINGS_BYTES,
  `settings have more than ${MAX_SETTINGS_BYTES} bytes`,
);

/** A change of a device's settings: all of them, and the `rev` that it was made on. */
export const TwinOrder = TwinAddress.extend({
  settings: WantedSettings,
  ifRev: z.number().int().min(0).describe("the rev that this changes; 0 where there is no twin yet"),
});
export type TwinOrder = z.infer<typeof TwinOrder>;

/** What is wanted of a device and what it says is in force. */
export const TwinView = z.object({
  tenant: z.string(),
  device: z.string(),
  rev: z.number().int().describe("0 where nothing was ever wanted of it"),
  settings: Desired.shape.settings,
  updates: z.array(z.string()).describe("ids of the updates that it is to have"),
  reported: Reported.nullable().describe("what the device last said is in force; null before it has said anything"),
  reportedAt: Milliseconds.nullable(),
});
export type TwinView = z.infer<typeof TwinView>;

/** What came of a change: kept (or so already), or not, because somebody else has changed it meanwhile. */
export const TwinPut = z.object({ isKept: z.boolean(), twin: TwinView });
export type TwinPut = z.infer<typeof TwinPut>;

/** Which devices are asked for, in the order of their names. */
export const DeviceQuery = z.object({
  tenant: TenantName.optional(),
  after: z.string().max(65).optional().describe("tenant:device of the last one of the page before"),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});
export type DeviceQuery = z.infer<typeof DeviceQuery>;

/** A device in the list. */
export const FleetDevice = z.object({
  tenant: z.string(),
  device: z.string(),
  heardAt: Milliseconds.nullable().describe("its newest health"),
  software: z.string().nullable(),
  model: z.string().nullable(),
  rev: z.number().int().describe("what is wanted; 0 where nothing is"),
  reportedRev: z.number().int().nullable().describe("what it has decided on"),
  reportedAt: Milliseconds.nullable(),
  onTrial: z.boolean().describe("it proves that it can still be reached with its new settings"),
  refused: Reported.shape.refused,
  updates: Reported.shape.updates,
});
export type FleetDevice = z.infer<typeof FleetDevice>;

/**
 * What is wanted of devices, and what they say. What it answers is on disk; devices are told within a second or so, or as
 * soon as they come back. Rejects with `StateUnavailable` when its file cannot be written now.
 */
export interface Twins {
  twin(address: TwinAddress): Promise<TwinView>;
  /** Changes the settings if nobody else has since; what is so already is kept however often it is asked. */
  putTwin(order: TwinOrder): Promise<TwinPut>;
  devices(query: DeviceQuery): Promise<readonly FleetDevice[]>;
}
