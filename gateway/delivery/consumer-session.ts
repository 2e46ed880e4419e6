import { groupFilters } from "../access/rules.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { Handout, Lane } from "./lane.ts";

/** The connection's way out, as a session sees it. */
export interface Outlet {
  readonly write: (bytes: Buffer) => void;
  /** So much was written that the socket must drain first. */
  readonly isFull: () => boolean;
}

const MAX_MESSAGE_ID = 65_535;
/** A member is not given more than this at a time, however few messages it is: it may have to hold them. */
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;

interface InFlight {
  readonly group: ConsumerGroup;
  readonly handout: Handout;
  readonly bytes: number;
}

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
  readonly #inFlight = new Map<number, InFlight>();
  readonly #filters = new Map<ConsumerGroup, Set<string>>();
  readonly #joined = new Set<ConsumerGroup>();
  readonly #touched = new Map<Lane, ConsumerGroup>();
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

  /** Deliveries of a group that are not acknowledged yet. */
  inFlightOf(group: ConsumerGroup): number {
    if (this.#joined.size === 1) return this.#inFlight.size;
    return [...this.#inFlight.values()].filter((delivery) => delivery.group === group).length;
  }

  /** Adds `$share/{group}/{filter}` subscriptions; call `joinComplete` after the SUBACK. */
  subscribe(group: ConsumerGroup, filter: string): void {
    const filters = this.#filters.get(group) ?? new Set();
    this.#filters.set(group, filters.add(filter));
  }

  /** Joins the groups whose filters are all subscribed. */
  joinComplete(): void {
    for (const [group, filters] of this.#filters) {
      if (this.#joined.has(group) || !groupFilters(group.name).every((filter) => filters.has(filter))) continue;
      this.#joined.add(group);
      group.join(this);
    }
  }

  /** Takes a subscription back; a group that is not complete any more is left. */
  unsubscribe(group: ConsumerGroup, filter: string): void {
    if (this.#filters.get(group)?.delete(filter) !== true || !this.#joined.delete(group)) return;
    for (const [id, delivery] of this.#inFlight) if (delivery.group === group) this.#forget(id, delivery);
    group.leave(this);
  }

  /** Remembers a delivery and gives it a message id. */
  track(group: ConsumerGroup, handout: Handout, bytes: number): number {
    do this.#lastId = (this.#lastId % MAX_MESSAGE_ID) + 1;
    while (this.#inFlight.has(this.#lastId));
    this.#inFlight.set(this.#lastId, { group, handout, bytes });
    this.#inFlightBytes += bytes;
    return this.#lastId;
  }

  send(bytes: Buffer): void {
    this.#outlet.write(bytes);
  }

  /** Takes a PUBACK; false when nothing was delivered under that id. Cursors move with the next `settle`. */
  acknowledge(messageId: number): boolean {
    const delivery = this.#inFlight.get(messageId);
    if (delivery === undefined) return false;
    this.#forget(messageId, delivery);
    delivery.handout.isSettled = true;
    this.#touched.set(delivery.handout.lane, delivery.group);
    return true;
  }

  /** Moves cursors over what was acknowledged and delivers more. */
  settle(): void {
    if (this.#touched.size === 0) return;
    for (const lane of this.#touched.keys()) lane.advance();
    const groups = new Set(this.#touched.values());
    this.#touched.clear();
    for (const group of groups) group.pump();
  }

  /** The socket has drained. */
  resume(): void {
    for (const group of this.#joined) group.pump();
  }

  /** The connection has gone. */
  end(): void {
    this.settle();
    const joined = [...this.#joined];
    this.#joined.clear();
    this.#inFlight.clear();
    for (const group of joined) group.leave(this);
  }

  #forget(messageId: number, { bytes }: InFlight): void {
    this.#inFlight.delete(messageId);
    this.#inFlightBytes -= bytes;
  }
}
