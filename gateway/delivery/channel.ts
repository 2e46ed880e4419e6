import type { Journal, StoredRecord } from "#journal/journal.ts";
import type { Device } from "./devices.ts";
import type { Lane } from "./lane.ts";

/** What a channel is built from. */
export interface ChannelParts {
  readonly journal: Journal;
  /** The journal's reader whose cursor it moves. */
  readonly reader: string;
  /** The device of a record that the group takes; it has an owner from now on. */
  readonly sort: (record: StoredRecord) => Device | undefined;
}

/**
 * One class of a group. Each member has a lane in it; the group's cursor stands before the first record that any of them
 * has not settled.
 */
export class Channel {
  readonly recordClass: string;
  /** Its place among the group's classes. */
  readonly index: number;
  /** The newest record of the class that was committed since the start; 0 before the first. */
  newest = 0;
  /** What was handed out before the gateway was started, and may come again, has no greater number. */
  readonly handedOutBefore: number;
  /** What was ever handed out has no greater number. */
  handedOutTo: number;
  readonly #parts: ChannelParts;
  readonly #lanes = new Set<Lane>();
  /** Handed out to members that have gone and not settled, in order: to be handed out again, and nothing else below. */
  #unsettled = new Set<number>();
  #cursor: number;
  /** Nobody is there, and nothing waits for anybody: the cursor may pass what nobody wants. */
  #isIdle: boolean;

  constructor(recordClass: string, index: number, handedOutBefore: number, parts: ChannelParts) {
    this.recordClass = recordClass;
    this.index = index;
    this.handedOutBefore = handedOutBefore;
    this.handedOutTo = handedOutBefore;
    this.#parts = parts;
    this.#cursor = parts.journal.cursor(parts.reader, recordClass);
    this.#isIdle = this.#cursor >= parts.journal.newest();
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** The newest number of all classes. */
  get newestOfAll(): number {
    return this.#parts.journal.newest();
  }

  /**
   * Records behind the newest: at most as many as the journal holds of the class (which may have been passed a moment
   * ago), and at most as many as there are numbers behind.
   */
  lag(pending: Readonly<Record<string, number>>): number {
    const newest = Math.max(this.newest, this.seenTo);
    const isKnown = this.newest > 0 || this.#lanes.size > 0;
    const behind = Math.max(0, (isKnown ? newest : this.newestOfAll) - this.#cursor);
    return Math.min(behind, pending[this.recordClass] ?? 0);
  }

  /** Up to here every record was looked at for one member or another. */
  get seenTo(): number {
    return Math.max(this.#cursor, ...[...this.#lanes].map(({ position }) => position));
  }

  /** Where a new member begins: with the foremost, since all that was looked at has an owner. */
  get begin(): { readonly position: number; readonly isLive: boolean } {
    const position = this.seenTo;
    if (this.#lanes.size === 0) return { position, isLive: this.#isIdle };
    return { position, isLive: [...this.#lanes].some((lane) => lane.isLive) };
  }

  add(lane: Lane): void {
    this.#lanes.add(lane);
  }

  /** A member has gone; the others, who have its devices now, look again for what it leaves behind. */
  remove(lane: Lane): void {
    this.#lanes.delete(lane);
    const { isLive, position } = lane;
    const settledTo = lane.stop();
    this.#isIdle = isLive && settledTo >= position && this.#unsettled.size === 0;
    for (const other of this.#lanes) other.rewindTo(settledTo);
  }

  read(after: number, limit: number): Promise<readonly StoredRecord[]> {
    return this.#parts.journal.read(this.recordClass, after, limit);
  }

  /** Whose record this is, if it is still to be taken. */
  deviceDue(record: StoredRecord): Device | undefined {
    const device = this.#parts.sort(record);
    if (device === undefined) return undefined;
    const wasTaken = record.n <= (device.takenTo[this.index] ?? 0);
    return wasTaken && !this.#unsettled.has(record.n) ? undefined : device;
  }

  /** A record of this class was committed. */
  offer(record: StoredRecord): void {
    this.newest = record.n;
    const device = this.deviceDue(record);
    if (device !== undefined) device.owner?.lanes[this.index]?.offer(record, device);
  }

  /** A record of this class was committed while there is no member. */
  pass(record: StoredRecord, isWanted: boolean): void {
    this.newest = record.n;
    this.#isIdle &&= !isWanted;
    if (this.#isIdle) this.advanceTo(record.n);
  }

  /** Skips everything up to a number. */
  skipTo(n: number): void {
    for (const unsettled of this.#unsettled) if (unsettled <= n) this.#unsettled.delete(unsettled);
    for (const lane of this.#lanes) lane.skipTo(n);
    this.advanceTo(n);
  }

  /** Numbers that were handed out and are to be handed out again. */
  keepUnsettled(numbers: readonly number[]): void {
    if (numbers.length === 0) return;
    this.#unsettled = new Set([...this.#unsettled, ...numbers].sort((a, b) => a - b));
  }

  /** Whether this was to be handed out again; it is not any more. */
  takeUnsettled(n: number): boolean {
    return this.#unsettled.size > 0 && this.#unsettled.delete(n);
  }

  /**
   * What the journal has dropped is not waited for: `records` are all that it holds from `after` to the last of them, or
   * to `newest` where there are none.
   */
  forgetVanished(after: number, records: readonly StoredRecord[], newest: number): void {
    if (this.#unsettled.size === 0) return;
    const last = records.at(-1)?.n ?? newest;
    const there = new Set(records.map(({ n }) => n));
    for (const n of this.#unsettled) {
      if (n > last) return;
      if (n > after && !there.has(n)) this.#unsettled.delete(n);
    }
  }

  /** Moves the cursor over everything that is settled without a hole. */
  advance(): void {
    if (this.#lanes.size === 0) return;
    const [oldestUnsettled = Number.POSITIVE_INFINITY] = this.#unsettled;
    let settledTo = oldestUnsettled - 1;
    for (const lane of this.#lanes) settledTo = Math.min(settledTo, lane.settledTo());
    this.advanceTo(settledTo);
  }

  advanceTo(n: number): void {
    if (n <= this.#cursor) return;
    this.#cursor = n;
    this.#parts.journal.advance(this.#parts.reader, this.recordClass, n);
  }
}
