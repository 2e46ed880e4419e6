import type { StoredRecord } from "#journal/journal.ts";
import type { Device } from "./devices.ts";
import type { Lane } from "./lane.ts";

/** A record on its way to a member: it waits in a lane, then it is in flight, then it is settled. */
export interface Handout {
  readonly lane: Lane;
  readonly device: Device;
  readonly n: number;
  readonly bytes: number;
  /** It may have been handed out before. */
  readonly isAgain: boolean;
  /** It was among the channel's records to be handed out again. */
  readonly wasUnsettled: boolean;
  /** Until it is handed out. */
  record: StoredRecord | undefined;
  isSettled: boolean;
}

/** The member has acknowledged it. */
export function settle(handout: Handout): void {
  const { device, lane } = handout;
  handout.isSettled = true;
  device.pending -= 1;
  lane.member.inFlight -= 1;
  if (device.pending === 0) device.restingSinceMs = lane.member.group.nowMs;
}

/** Runs are made compact when they have grown to this many entries, and then to twice what was left. */
const COMPACT_AT = 2_000;

/** Handouts in flight in the order of their numbers; what is settled costs no memory for long. */
export class Run {
  #handouts: Handout[] = [];
  #first = 0;
  #compactAt = COMPACT_AT;

  push(handout: Handout): void {
    this.#handouts.push(handout);
    if (this.#handouts.length < this.#compactAt) return;
    this.#handouts = this.unsettled();
    this.#first = 0;
    this.#compactAt = Math.max(COMPACT_AT, this.#handouts.length * 2);
  }

  /** The first that is not settled. */
  oldest(): Handout | undefined {
    while (this.#handouts[this.#first]?.isSettled) this.#first += 1;
    return this.#handouts[this.#first];
  }

  unsettled(): Handout[] {
    return this.#handouts.slice(this.#first).filter(({ isSettled }) => !isSettled);
  }
}
