import type { StoredRecord } from "#journal/journal.ts";
import type { Channel } from "./channel.ts";
import type { Device } from "./devices.ts";
import { type Handout, Run } from "./handouts.ts";
import type { Member } from "./member.ts";

/** How much a lane holds in memory. */
export interface LaneBounds {
  readonly readRecords: number;
  /** The next part is read from the journal while so many, and half of `queueBytes`, are still at hand. */
  readonly readAheadBelow: number;
  readonly queueRecords: number;
  readonly queueBytes: number;
}

/** Enough to smooth what a full window of the role consumer brings. */
export const LANE_BOUNDS: LaneBounds = {
  readRecords: 2_000,
  readAheadBelow: 1_000,
  queueRecords: 20_000,
  queueBytes: 8 * 1024 * 1024,
};

/**
 * One member's part of a channel, in order of the records' numbers.
 *
 * While it is live, fresh records come from memory as they are committed. Where too many wait, or it begins further
 * back, it is read from the journal and takes what belongs to its member's devices.
 */
export class Lane {
  readonly channel: Channel;
  readonly member: Member;
  readonly #bounds: LaneBounds;
  #runs: Run[] = [new Run()];
  #queue: Handout[] = [];
  #firstQueued = 0;
  #queuedBytes = 0;
  /** Everything up to here was looked at; while it is live, everything that was committed. */
  #position: number;
  #isLive: boolean;
  #reading: symbol | undefined;

  constructor(channel: Channel, member: Member, bounds: LaneBounds) {
    this.channel = channel;
    this.member = member;
    this.#bounds = bounds;
    const { position, isLive } = channel.begin;
    this.#position = position;
    this.#isLive = isLive;
  }

  /** Nothing for it lies in the journal beyond what waits in memory. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Everything for it up to this number was taken. */
  get position(): number {
    return this.#isLive ? Math.max(this.channel.newest, this.#position) : this.#position;
  }

  /** What it has next is on its way from the journal. */
  get isReading(): boolean {
    return this.#reading !== undefined && this.#firstQueued === this.#queue.length;
  }

  /** Takes a record that was just committed, or leaves it to be read later. */
  offer(record: StoredRecord, device: Device): void {
    if (!this.#isLive) return;
    const { queueRecords, queueBytes } = this.#bounds;
    if (this.#queue.length - this.#firstQueued < queueRecords && this.#queuedBytes < queueBytes) {
      this.#enqueue(record, device);
      return;
    }
    this.#isLive = false;
    this.#position = record.n - 1;
  }

  /** The next record to deliver; undefined where there is none at hand (the group is pumped when there is). */
  next(): Handout | undefined {
    if (this.#isShort) this.readOn();
    const handout = this.#queue[this.#firstQueued];
    if (handout === undefined) return undefined;
    this.#firstQueued += 1;
    this.#queuedBytes -= handout.bytes;
    if (this.#firstQueued >= 1_000 || this.#firstQueued === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#firstQueued);
      this.#firstQueued = 0;
    }
    this.#runs.at(-1)?.push(handout);
    if (handout.n > this.channel.handedOutTo) this.channel.handedOutTo = handout.n;
    return handout;
  }

  /** So little is at hand that the next part may be read. */
  get #isShort(): boolean {
    const { readAheadBelow, queueBytes } = this.#bounds;
    return this.#queue.length - this.#firstQueued < readAheadBelow && this.#queuedBytes <= queueBytes / 2;
  }

  /** Everything for it up to this number is settled. */
  settledTo(): number {
    let before = this.#queue[this.#firstQueued]?.n ?? Number.POSITIVE_INFINITY;
    for (const run of this.#runs) before = Math.min(before, run.oldest()?.n ?? Number.POSITIVE_INFINITY);
    if (this.#runs.length > 1) this.#runs = this.#runs.filter((run, i, { length }) => i === length - 1 || run.oldest());
    return Math.min(before - 1, this.position);
  }

  /** Goes back, since records above this number have become this member's. */
  rewindTo(n: number): void {
    if (n >= this.position) return;
    this.#dropQueue();
    this.#position = Math.min(n, this.#position);
    this.#isLive = false;
    this.#reading = undefined;
    this.#runs.push(new Run());
  }

  /** Skips what it has not looked at up to this number. */
  skipTo(n: number): void {
    if (n <= this.position) return;
    this.#position = n;
    this.#reading = undefined;
  }

  /** The member has gone: what it did not settle is to be handed out again. Everything up to the answer was taken. */
  stop(): number {
    this.#reading = undefined;
    const unsettled = this.#runs.flatMap((run) => run.unsettled());
    for (const { device } of unsettled) device.pending -= 1;
    const settledTo = this.settledTo();
    this.#dropQueue();
    this.channel.keepUnsettled(unsettled.map(({ n }) => n));
    this.#runs = [];
    return settledTo;
  }

  /** Reads the next part of the journal and sorts it. */
  readOn(): void {
    if (this.#reading !== undefined || this.#isLive) return;
    const reading = Symbol("reading");
    this.#reading = reading;
    const before = { newest: this.channel.newest, newestOfAll: this.channel.newestOfAll };
    this.channel.read(this.#position, this.#bounds.readRecords).then(
      (records) => {
        if (this.#reading !== reading) return;
        this.#reading = undefined;
        this.#takePage(records, before);
      },
      (error: unknown) => {
        if (this.#reading !== reading) return;
        this.#reading = undefined;
        this.member.group.report(error);
      },
    );
  }

  /** `before` is what was known when the journal was asked. */
  #takePage(records: readonly StoredRecord[], before: { readonly newest: number; readonly newestOfAll: number }): void {
    const { channel } = this;
    channel.forgetVanished(this.#position, records, before.newestOfAll);
    for (const record of records) {
      const device = channel.deviceDue(record);
      if (device?.owner === this.member) this.#enqueue(record, device);
      this.#position = record.n;
    }
    const hasReachedNewest = channel.newest > 0 && this.#position >= channel.newest;
    this.#isLive = hasReachedNewest || (records.length === 0 && channel.newest === before.newest);
    this.member.group.pump();
  }

  #enqueue(record: StoredRecord, device: Device): void {
    const { n, bytes } = record;
    const { channel } = this;
    const wasUnsettled = channel.takeUnsettled(n);
    if (!wasUnsettled) device.takenTo[channel.index] = n;
    device.pending += 1;
    const isAgain = wasUnsettled || n <= channel.handedOutBefore;
    this.#queue.push({
      lane: this,
      device,
      n,
      bytes: bytes.length,
      isAgain,
      wasUnsettled,
      record,
      isSettled: false,
    });
    this.#queuedBytes += bytes.length;
  }

  /** What waits was not taken. */
  #dropQueue(): void {
    const { channel } = this;
    const waiting = this.#queue.slice(this.#firstQueued);
    for (const { device, n, wasUnsettled } of waiting.toReversed()) {
      device.pending -= 1;
      if (!wasUnsettled) device.takenTo[channel.index] = Math.min(n - 1, device.takenTo[channel.index] ?? 0);
    }
    channel.keepUnsettled(waiting.flatMap(({ n, wasUnsettled }) => (wasUnsettled ? [n] : [])));
    this.#queue = [];
    this.#firstQueued = 0;
    this.#queuedBytes = 0;
    this.#position = Math.min(this.position, (waiting[0]?.n ?? Number.POSITIVE_INFINITY) - 1);
  }
}
