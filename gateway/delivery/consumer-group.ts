import type { Journal, StoredRecord } from "#journal/journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { type Delivery, publishPackets } from "#mqtt/publish.ts";
import type { Metrics } from "../metrics.ts";
import type { ConsumerSession } from "./consumer-session.ts";
import { Lane } from "./lane.ts";

/** What `/healthz` says of a group. */
export interface GroupStatus {
  readonly group: string;
  readonly members: number;
  readonly unacknowledged: number;
}

const PIECE_BYTES = 256 * 1024;
const LOG_EVERY_MS = 5_000;
const RETRY_EVERY_MS = 500;

/** What groups are built from. */
export interface DeliveryParts {
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * A consumer group: everything in its classes goes to its first member, by class in order of worth and by number within
 * a class. Further members stand by and take over when the first goes; what it had not acknowledged goes out again.
 */
export class ConsumerGroup implements Closer {
  readonly name: string;
  readonly #lanes: readonly Lane[];
  readonly #parts: DeliveryParts;
  readonly #stopListening: () => void;
  readonly #retrying: Closer;
  #members: ConsumerSession[] = [];
  #hasTrouble = false;
  #lastTroubleMs = Number.NEGATIVE_INFINITY;

  /** `classes` in order of worth. */
  constructor(name: string, classes: readonly string[], parts: DeliveryParts) {
    this.name = name;
    this.#parts = parts;
    this.#lanes = classes.map(
      (recordClass) =>
        new Lane(
          recordClass,
          parts.journal,
          name,
          () => this.pump(),
          (error) => this.#report(error),
        ),
    );
    this.#stopListening = parts.journal.onCommitted((records) => this.#offer(records));
    this.#retrying = every(
      RETRY_EVERY_MS,
      async () => this.#retry(),
      (error) => this.#report(error),
    );
  }

  get status(): GroupStatus {
    const unacknowledged = this.#members[0]?.inFlightOf(this) ?? 0;
    return { group: this.name, members: this.#members.length, unacknowledged };
  }

  /** A connection has subscribed to all of the group. */
  join(member: ConsumerSession): void {
    this.#members.push(member);
    const { log } = this.#parts;
    const isFirst = this.#members[0] === member;
    log.info({ event: "member.joined", group: this.name, client: member.name, isFirst }, "member joined");
    if (isFirst) this.#start();
  }

  /** A member's connection has gone or has unsubscribed. */
  leave(member: ConsumerSession): void {
    const wasFirst = this.#members[0] === member;
    this.#members = this.#members.filter((other) => other !== member);
    this.#parts.log.info({ event: "member.left", group: this.name, client: member.name }, "member left");
    if (!wasFirst) return;
    for (const lane of this.#lanes) lane.stop();
    if (this.#members.length > 0) this.#start();
  }

  /** Delivers what is at hand while the first member has room. */
  pump(): void {
    const member = this.#members[0];
    if (member === undefined) return;
    let piece: Delivery[] = [];
    let bytes = 0;
    for (const lane of this.#lanes) {
      while (member.hasRoom) {
        const outgoing = lane.next();
        if (outgoing === undefined) break;
        const { record, handout, isAgain } = outgoing;
        const messageId = member.track(this, handout, record.bytes.length);
        piece.push({ topic: record.topic, payload: record.bytes, messageId, dup: isAgain });
        bytes += record.bytes.length;
        if (bytes < PIECE_BYTES) continue;
        this.#send(member, piece);
        piece = [];
        bytes = 0;
      }
      lane.advance();
    }
    this.#send(member, piece);
  }

  async close(): Promise<void> {
    this.#stopListening();
    await this.#retrying.close();
    for (const lane of this.#lanes) lane.stop();
    this.#members = [];
  }

  #send(member: ConsumerSession, piece: readonly Delivery[]): void {
    if (piece.length === 0) return;
    this.#parts.metrics.delivered += piece.length;
    member.send(publishPackets(piece));
  }

  #start(): void {
    for (const lane of this.#lanes) lane.start();
  }

  #offer(records: readonly StoredRecord[]): void {
    for (const record of records)
      this.#lanes.find(({ recordClass }) => recordClass === record.recordClass)?.offer(record);
    this.pump();
  }

  #report(error: unknown): void {
    this.#hasTrouble = true;
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#lastTroubleMs < LOG_EVERY_MS) return;
    this.#lastTroubleMs = nowMs;
    const detail = messageOf(error);
    this.#parts.log.error({ event: "delivery.failed", group: this.name, detail }, "the journal cannot be read");
  }

  #retry(): void {
    if (!this.#hasTrouble) return;
    this.#hasTrouble = false;
    this.pump();
  }
}
