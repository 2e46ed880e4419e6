import type { Journal, StoredRecord } from "#journal/journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { type Delivery, publishPackets } from "#mqtt/publish.ts";
import type { Metrics } from "../metrics.ts";
import { mayMove, memberFor } from "./assignment.ts";
import { Channel } from "./channel.ts";
import type { ConsumerSession } from "./consumer-session.ts";
import { type Device, Devices } from "./devices.ts";
import { handedOutBefore, keepHandedOut, keepOpen } from "./handed-out.ts";
import { LANE_BOUNDS, Lane, type LaneBounds } from "./lane.ts";
import { Member } from "./member.ts";

/** What `/healthz` says of a group. */
export interface GroupStatus {
  readonly group: string;
  readonly members: number;
  readonly unacknowledged: number;
  readonly shares: readonly { readonly client: string; readonly unacknowledged: number; readonly devices: number }[];
  /** How far the cursors stand behind the newest record, in records of the class (a little more may be counted). */
  readonly lag: Readonly<Record<string, number>>;
}

const PIECE_BYTES = 256 * 1024;
const COUNTED_AT_ONCE = 2_000;
const LOG_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 500;
const FORGET_EVERY_MS = 60_000;

/** What groups are built from. */
export interface DeliveryParts {
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** What lies beside the journal's log since before the start. */
  readonly kept: ReadonlyMap<string, Uint8Array>;
  readonly bounds?: LaneBounds;
}

/**
 * A consumer group: each device belongs to one of its members and goes to it by class in order of worth, and by number
 * within a class. When a member goes, what it had not acknowledged goes to the others, again in order.
 */
export class ConsumerGroup implements Closer {
  readonly name: string;
  readonly #channels: readonly Channel[];
  readonly #channelOf: ReadonlyMap<string, Channel>;
  readonly #devices: Devices;
  readonly #parts: DeliveryParts;
  readonly #stopListening: () => void;
  readonly #looking: Closer;
  #members: readonly Member[] = [];
  /** Whether it is on disk that this group hands out. */
  #isOpen = false;
  #hasTrouble = false;
  #lastTroubleMs = Number.NEGATIVE_INFINITY;
  #lastForgotMs: number;

  readonly #isWanted: (topic: string) => boolean;

  /** `classes` in order of worth; `isWanted` says of which topics the group gets anything, if not of all. */
  constructor(
    name: string,
    classes: readonly string[],
    parts: DeliveryParts,
    isWanted: (topic: string) => boolean = () => true,
  ) {
    this.name = name;
    this.#isWanted = isWanted;
    this.#parts = parts;
    this.#lastForgotMs = this.nowMs;
    this.#devices = new Devices(classes.length);
    const channelParts = { journal: parts.journal, reader: name, sort: (record: StoredRecord) => this.#sort(record) };
    const before = handedOutBefore(name, parts.kept, parts.journal);
    this.#channels = classes.map((recordClass, i) => new Channel(recordClass, i, before(recordClass), channelParts));
    this.#channelOf = new Map(this.#channels.map((channel) => [channel.recordClass, channel]));
    this.#stopListening = parts.journal.onCommitted((records) => this.#offer(records));
    this.#looking = every(
      LOOK_EVERY_MS,
      async () => this.#look(),
      (error) => this.report(error),
    );
  }

  get status(): GroupStatus {
    const shares = this.#members.map(({ session, inFlight, devices }) => ({
      client: session.name,
      unacknowledged: inFlight,
      devices,
    }));
    const unacknowledged = shares.reduce((sum, share) => sum + share.unacknowledged, 0);
    const { pending } = this.#parts.journal.stats();
    const lag = Object.fromEntries(this.#channels.map((channel) => [channel.recordClass, channel.lag(pending)]));
    return { group: this.name, members: shares.length, unacknowledged, shares, lag };
  }

  get nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }

  /** A connection has subscribed to all of the group. */
  join(session: ConsumerSession): Member {
    const member = new Member(this, session);
    member.lanes = this.#channels.map((channel) => new Lane(channel, member, this.#parts.bounds ?? LANE_BOUNDS));
    this.#channels.forEach((channel, i) => {
      const lane = member.lanes[i];
      if (lane !== undefined) channel.add(lane);
    });
    this.#members = [...this.#members, member];
    const members = this.#members.length;
    this.#parts.log.info({ event: "member.joined", group: this.name, client: session.name, members }, "member joined");
    if (this.#isOpen) this.serve(member);
    else if (members === 1) this.#open();
    return member;
  }

  /** A member's connection has gone or has unsubscribed. */
  leave(member: Member): void {
    if (!this.#members.includes(member)) return;
    this.#members = this.#members.filter((other) => other !== member);
    const members = this.#members.length;
    const client = member.session.name;
    this.#parts.log.info({ event: "member.left", group: this.name, client, members }, "member left");
    for (const device of this.#devices.ownedBy(member)) this.#give(device);
    for (const lane of member.lanes) lane.channel.remove(lane);
    if (members === 0) this.#shut();
    this.pump();
  }

  /** Delivers what is at hand while members have room. */
  pump(): void {
    for (const member of this.#members) this.#deliver(member);
    for (const channel of this.#channels) channel.advance();
  }

  /** Moves cursors over what a member has acknowledged and delivers more to it. */
  serve(member: Member): void {
    if (!this.#members.includes(member)) return;
    this.#deliver(member);
    for (const channel of this.#channels) channel.advance();
  }

  /** Skips everything up to a number; gives how many records that the group wants were skipped. */
  async skipTo(n: number): Promise<number> {
    let skipped = 0;
    for (const channel of this.#channels) {
      for (let at = channel.cursor; at < n; ) {
        const records = (await channel.read(at, COUNTED_AT_ONCE)).filter((record) => record.n <= n);
        skipped += records.filter(({ topic }) => this.#isWanted(topic)).length;
        at = records.at(-1)?.n ?? n;
      }
      channel.skipTo(n);
    }
    this.pump();
    return skipped;
  }

  /** The journal could not be read: said in the log now and then, and tried again. */
  report(error: unknown): void {
    this.#hasTrouble = true;
    const { nowMs } = this;
    if (nowMs - this.#lastTroubleMs < LOG_EVERY_MS) return;
    this.#lastTroubleMs = nowMs;
    const detail = messageOf(error);
    this.#parts.log.error({ event: "delivery.failed", group: this.name, detail }, "the journal cannot be used");
  }

  async close(): Promise<void> {
    this.#stopListening();
    await this.#looking.close();
    for (const member of this.#members) for (const lane of member.lanes) lane.stop();
    this.#members = [];
  }

  /** Nothing is handed out before it is on disk that it may have been: DUP is right after any kill. */
  #open(): void {
    keepOpen(this.name, this.#parts.journal).then(
      () => {
        this.#isOpen = this.#members.length > 0;
        this.pump();
      },
      (error) => this.report(error),
    );
  }

  #shut(): void {
    this.#isOpen = false;
    const to = Object.fromEntries(this.#channels.map(({ recordClass, handedOutTo }) => [recordClass, handedOutTo]));
    keepHandedOut(this.name, this.#parts.journal, to).catch((error) => this.report(error));
  }

  #deliver({ session, lanes }: Member): void {
    if (!this.#isOpen) return;
    let piece: Delivery[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      while (session.hasRoom) {
        const handout = lane.next();
        if (handout?.record === undefined) break;
        const { topic, bytes: payload } = handout.record;
        handout.record = undefined;
        piece.push({ topic, payload, messageId: session.track(handout), dup: handout.isAgain });
        bytes += payload.length;
        if (bytes < PIECE_BYTES) continue;
        this.#send(session, piece);
        piece = [];
        bytes = 0;
      }
      // What is less worthy waits the moment until this class has been read.
      if (lane.isReading) break;
    }
    this.#send(session, piece);
  }

  #send(session: ConsumerSession, piece: readonly Delivery[]): void {
    if (piece.length === 0) return;
    this.#parts.metrics.delivered += piece.length;
    session.send(publishPackets(piece));
  }

  #offer(records: readonly StoredRecord[]): void {
    if (this.#members.length === 0) {
      for (const record of records) {
        this.#channelOf.get(record.recordClass)?.pass(record, this.#isWanted(record.topic));
      }
      return;
    }
    for (const record of records) this.#channelOf.get(record.recordClass)?.offer(record);
    this.pump();
  }

  /** The device of a record, and an owner for it. */
  #sort({ topic }: StoredRecord): Device | undefined {
    if (this.#members.length === 0 || !this.#isWanted(topic)) return undefined;
    const device = this.#devices.of(topic);
    const { owner } = device;
    const isKept =
      owner !== undefined && (this.#members.length === 1 || !mayMove(device, owner, this.#members, this.nowMs));
    if (!isKept) this.#give(device);
    return device;
  }

  #give(device: Device): void {
    if (device.owner !== undefined) device.owner.devices -= 1;
    device.owner = memberFor(this.#members);
    if (device.owner !== undefined) device.owner.devices += 1;
  }

  #look(): void {
    if (this.nowMs - this.#lastForgotMs > FORGET_EVERY_MS) this.#forgetSilent();
    if (!this.#hasTrouble) return;
    this.#hasTrouble = false;
    if (this.#isOpen) this.pump();
    else if (this.#members.length > 0) this.#open();
  }

  #forgetSilent(): void {
    this.#lastForgotMs = this.nowMs;
    if (!this.#channels.every(({ begin }) => begin.isLive)) return;
    const seenTo = this.#channels.map((channel) => channel.seenTo);
    const isSettled = (owner: Member | undefined) => owner?.keepsUp ?? this.#members.every(({ keepsUp }) => keepsUp);
    this.#devices.forgetSilent(seenTo, isSettled, this.nowMs);
  }
}
