/** A member of a group as the assignment of devices sees it. */
export interface Share {
  /** Devices that belong to it. */
  readonly devices: number;
  /** Deliveries that it has not acknowledged. */
  readonly inFlight: number;
  /** It has all that was committed for it, at most waiting in memory: it does not lag. */
  readonly keepsUp: boolean;
}

/** A device as the assignment sees it. */
export interface Rest {
  /** Its messages that are in flight or wait for its owner in memory. */
  readonly pending: number;
  /** Since when there has been none. */
  readonly restingSinceMs: number;
}

/** A device that was silent for so long may change its member. */
export const REST_MS = 30_000;

/**
 * The member that a device without an owner is given to: one that keeps up if there is any, of those the one with the
 * fewest devices, of those the one with the least in flight, of those the first.
 */
export function memberFor<M extends Share>(members: readonly M[]): M | undefined {
  let best: M | undefined;
  for (const member of members) if (best === undefined || isBetter(member, best)) best = member;
  return best;
}

function isBetter(a: Share, b: Share): boolean {
  if (a.keepsUp !== b.keepsUp) return a.keepsUp;
  if (a.devices !== b.devices) return a.devices < b.devices;
  return a.inFlight < b.inFlight;
}

/**
 * Whether a device may go to another member, so that a late joiner gets a share: it has been at rest, nothing of it can
 * wait in the journal (its owner keeps up), and its owner holds more than its fair share.
 */
export function mayMove(device: Rest, owner: Share, members: readonly Share[], nowMs: number): boolean {
  if (device.pending > 0 || nowMs - device.restingSinceMs < REST_MS || !owner.keepsUp) return false;
  const owned = members.reduce((sum, { devices }) => sum + devices, 0);
  return owner.devices > Math.ceil(owned / members.length);
}
