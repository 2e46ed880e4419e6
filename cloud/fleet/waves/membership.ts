import { createHash } from "node:crypto";
import { type Address, clientIdOf } from "#contract/names.ts";
import type { UpdateManifest } from "#contract/updates.ts";
import type { KnownDevice } from "../twins/known-devices.ts";
import type { RolloutPlan } from "./rollouts.ts";

/** Whether an update is for a device at all: one of the tenants, and with a model where it is one. */
export const isFor = (plan: RolloutPlan, { kind }: Pick<UpdateManifest, "kind">, device: KnownDevice): boolean =>
  (plan.tenants === null || plan.tenants.includes(device.tenant)) && (kind !== "model" || device.model !== null);

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
 * and while nobody has it the first in the queue, of those that can be reached if there are any.
 */
export function joiningOf<Device extends Address>(
  id: string,
  percent: number,
  devices: readonly Device[],
  { hasIt, isReachable }: Record<"hasIt" | "isReachable", (device: Device) => boolean>,
): readonly Device[] {
  const queue = devices.map((device) => ({ device, place: placeOf(id, device) }));
  const joining = queue.filter(({ device, place }) => place < percent / 100 && !hasIt(device));
  if (joining.length > 0 || devices.some(hasIt)) return joining.map(({ device }) => device);
  const rank = ({ device, place }: (typeof queue)[number]) => (isReachable(device) ? place : 1 + place);
  const [first] = queue.sort((one, other) => rank(one) - rank(other));
  return first === undefined ? [] : [first.device];
}
