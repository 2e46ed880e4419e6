import { groupFilters } from "../access/rules.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import { type Handout, settle } from "./handouts.ts";
import type { Member } from "./member.ts";

/** The connection's way out, as a session sees it. */
export interface Outlet {
  readonly write: (bytes: Buffer) => void;
  /** So much was written that the socket must drain first. */
  readonly isFull: () => boolean;
}

const MAX_MESSAGE_ID = 65_535;
/** A member is not given more than this at a time, however few messages it is: it may have to hold them. */
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;

/**
 * A connection that consumes: its shared subscriptions, its message ids and its window.
 *
 * It becomes a member of a group once it has subscribed to all of the group's filters, since a group has one set of
 * cursors and a record that nobody takes would hold them up.
 */
export class ConsumerSession {
  readonly name: string;
  readonly #window: number;
  readonly #outlet: Outlet;
  readonly #inFlight = new Map<number, Handout>();
  readonly #filters = new Map<ConsumerGroup, Set<string>>();
  readonly #joined = new Map<ConsumerGroup, Member>();
  /** Something was acknowledged since the last `settle`. */
  #isTouched = false;
  #inFlightBytes = 0;
  #lastId = 0;

  constructor(name: string, window: number, outlet: Outlet) {
    this.name = name;
    this.#window = window;
    this.#outlet = outlet;
  }

  get hasRoom(): boolean {
    return this.#inFlight.size < this.#window && this.#inFlightBytes < IN_FLIGHT_BYTES && !this.#outlet.isFull();
  }

  /** Everything that it was given is acknowledged. */
  get isIdle(): boolean {
    return this.#inFlight.size === 0;
  }

  /** Adds `$share/{group}/{filter}` subscriptions; call `joinComplete` after the SUBACK. */
  subscribe(group: ConsumerGroup, filter: string): void {
    const filters = this.#filters.get(group) ?? new Set();
    this.#filters.set(group, filters.add(filter));
  }

  /** Joins the groups whose filters are all subscribed. */
  joinComplete(): void {
    for (const [group, filters] of this.#filters) {
      if (groupFilters(group.name).every((filter) => filters.has(filter))) this.join(group);
    }
  }

  /** Takes a subscription back; a group that is not complete any more is left. */
  unsubscribe(group: ConsumerGroup, filter: string): void {
    if (this.#filters.get(group)?.delete(filter) === true) this.leave(group);
  }

  /** Joins a group. */
  join(group: ConsumerGroup): void {
    if (!this.#joined.has(group)) this.#joined.set(group, group.join(this));
  }

  /** Leaves a group that was joined. */
  leave(group: ConsumerGroup): void {
    const member = this.#joined.get(group);
    if (member === undefined) return;
    this.#joined.delete(group);
    for (const [id, handout] of this.#inFlight) if (handout.lane.member === member) this.#forget(id, handout);
    group.leave(member);
  }

  /** Remembers a delivery and gives it a message id. */
  track(handout: Handout): number {
    do this.#lastId = (this.#lastId % MAX_MESSAGE_ID) + 1;
    while (this.#inFlight.has(this.#lastId));
    this.#inFlight.set(this.#lastId, handout);
    this.#inFlightBytes += handout.bytes;
    handout.lane.member.inFlight += 1;
    return this.#lastId;
  }

  send(bytes: Buffer): void {
    this.#outlet.write(bytes);
  }

  /** Takes a PUBACK; false when nothing was delivered under that id. Cursors move with the next `settle`. */
  acknowledge(messageId: number): boolean {
    const handout = this.#inFlight.get(messageId);
    if (handout === undefined) return false;
    this.#forget(messageId, handout);
    settle(handout);
    this.#isTouched = true;
    return true;
  }

  /** Moves cursors over what was acknowledged and delivers more. */
  settle(): void {
    if (!this.#isTouched) return;
    this.#isTouched = false;
    this.#serve();
  }

  /** The socket has drained. */
  resume(): void {
    this.#serve();
  }

  /** The connection has gone. */
  end(): void {
    this.settle();
    const joined = [...this.#joined.values()];
    this.#joined.clear();
    this.#inFlight.clear();
    for (const member of joined) member.group.leave(member);
  }

  /** The window is the connection's: room that one group leaves is every group's, and each is the first in its turn. */
  #serve(): void {
    const [first] = this.#joined;
    if (first === undefined) return;
    const members = [...this.#joined.values()];
    this.#joined.delete(first[0]);
    this.#joined.set(...first);
    for (const member of members) member.group.serve(member);
  }

  #forget(messageId: number, { bytes }: Handout): void {
    this.#inFlight.delete(messageId);
    this.#inFlightBytes -= bytes;
  }
}
