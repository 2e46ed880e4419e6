import { createHash } from "node:crypto";
import { type Address, clientIdOf } from "#contract/names.ts";
import type { UpdateManifest } from "#contract/updates.ts";
import type { KnownDevice } from "../twins/known-devices.ts";
import type { RolloutPlan } from "./rollouts.ts";

/** Whether an update is for a device at all: one of the tenants, with a model where it is one, and not revoked. */
export const isFor = (plan: RolloutPlan, { kind }: Pick<UpdateManifest, "kind">, device: KnownDevice): boolean =>
  (plan.tenants === null || plan.tenants.includes(device.tenant)) &&
  (kind !== "model" || device.model !== null) &&
  !device.isRevoked;

/**
 * Where a device stands in the queue for an update, from 0 to below 1: the same each time it is asked, so that a device stays
 * in its wave; another for each update, so that not the same devices are first each time.
 */
export function placeOf(id: string, device: Address): number {
  const hash = createHash("sha256")
    .update(`${id}\n${clientIdOf(device)}`)
    .digest();
  return hash.readUInt32BE() / 2 ** 32;
}

/**
 * The devices that are to have an update in a wave besides those that have it: all whose place is within the wave's share,
 * and while nobody has it who is waited for, the first in the queue, of those that can be reached if there are any.
 */
export function joiningOf<Device extends Address>(
  id: string,
  percent: number,
  devices: readonly Device[],
  { hasIt, isReachable, isAway }: Record<"hasIt" | "isReachable" | "isAway", (device: Device) => boolean>,
): readonly Device[] {
  const queue = devices
    .filter((device) => !hasIt(device))
    .map((device) => ({ device, place: placeOf(id, device) }))
    .sort((one, other) => one.place - other.place);
  const joining = queue.filter(({ place }) => place < percent / 100).map(({ device }) => device);
  if ([...joining, ...devices.filter(hasIt)].some((device) => !isAway(device))) return joining;
  const rest = queue.slice(joining.length).map(({ device }) => device);
  const first = rest.find(isReachable) ?? rest.find((device) => !isAway(device));
  if (first !== undefined) return [...joining, first];
  return joining.length > 0 || devices.some(hasIt) ? joining : rest.slice(0, 1);
}
