import type { Member } from "./member.ts";

/** What a group knows of one device. */
export interface Device {
  /** The member that gets its messages; nobody where there is none, and then until the next one comes. */
  owner: Member | undefined;
  /** Its messages that are in flight or wait for its owner in memory. */
  pending: number;
  restingSinceMs: number;
  /** For each class: its records up to this number were taken by a lane, but for those that are to be taken again. */
  readonly takenTo: number[];
}

/** A silent device is forgotten after this time, and earlier where there are very many. */
export const FORGET_AFTER_MS = 3_600_000;
const MANY_DEVICES = 100_000;

/** The devices of one group, by tenant and name. */
export class Devices {
  readonly #devices = new Map<string, Device>();
  /** For each class: of devices that are not known here every record up to this number is settled. */
  readonly #settledTo: number[];

  constructor(classes: number) {
    this.#settledTo = new Array<number>(classes).fill(0);
  }

  get size(): number {
    return this.#devices.size;
  }

  /** The device that speaks on a topic below `d/`; one that was not known gets no owner here. */
  of(topic: string): Device {
    const name = topic.slice(0, topic.lastIndexOf("/d/"));
    const known = this.#devices.get(name);
    if (known !== undefined) return known;
    const device = { owner: undefined, pending: 0, restingSinceMs: 0, takenTo: [...this.#settledTo] };
    this.#devices.set(name, device);
    return device;
  }

  /** The devices that belong to a member. */
  ownedBy(member: Member): readonly Device[] {
    return [...this.#devices.values()].filter(({ owner }) => owner === member);
  }

  /**
   * Forgets devices that have been silent for long. `newest` says up to which number of each class every record has
   * been seen; `isSettled` whether nothing of an owner's devices (or of those without one) can wait in the journal.
   */
  forgetSilent(newest: readonly number[], isSettled: (owner: Member | undefined) => boolean, nowMs: number): void {
    const afterMs = this.#devices.size > MANY_DEVICES ? 0 : FORGET_AFTER_MS;
    for (const [name, device] of this.#devices) {
      const { owner, pending, restingSinceMs } = device;
      if (pending > 0 || nowMs - restingSinceMs < afterMs || !isSettled(owner)) continue;
      if (owner !== undefined) owner.devices -= 1;
      this.#devices.delete(name);
    }
    newest.forEach((n, i) => {
      this.#settledTo[i] = Math.max(n, this.#settledTo[i] ?? 0);
    });
  }
}
