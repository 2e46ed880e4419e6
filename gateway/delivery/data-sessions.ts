import { RECORD_OVERHEAD_BYTES } from "#journal/budget.ts";
import type { StoredRecord } from "#journal/journal.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import { ByteLadder } from "./byte-ladder.ts";
import type { DeliveryParts, GroupStatus } from "./consumer-group.ts";
import type { ConsumerSession } from "./consumer-session.ts";
import { DataSession, nameOfSession, notedSessions } from "./data-session.ts";
import { forgetHandedOut } from "./handed-out.ts";
import type { SessionLimits } from "./session-limits.ts";

const LOOK_EVERY_MS = 2_000;
/** And each time that this part of what a session may be behind has come. */
const LOOK_EVERY_PART = 1 / 8;

/**
 * Ordinary clients' subscriptions to durable data, each client a group of one.
 *
 * A session begins at the newest record, is a reader of the journal from its SUBACK on, and ends with its connection
 * unless the client asked to keep it. Beyond its bounds it loses the oldest, so that it never keeps the journal from
 * clearing for long.
 */
export class DataSessions implements Closer {
  readonly #parts: DeliveryParts;
  readonly #classes: readonly string[];
  readonly #limits: SessionLimits;
  readonly #sessions = new Map<string, DataSession>();
  readonly #ladder: ByteLadder;
  readonly #looking: Closer;
  readonly #stopListening: () => void;
  #nextLook: Promise<void> | undefined;
  /** What has come since the start, as a budget counts it, and how much of it before the last look. */
  #comeBytes = 0;
  #lookedAtBytes = 0;
  /** One change at a time, so that what is on disk and what is served are the same. */
  #lastChange: Promise<unknown> = Promise.resolve();

  /**
   * Takes up the sessions of the last life. `classes` are those of durable data, in order of worth, whatever else the
   * journal holds: a session outlives settings that add to it.
   */
  constructor(classes: readonly string[], parts: DeliveryParts, limits: SessionLimits) {
    this.#parts = parts;
    this.#classes = classes;
    this.#limits = limits;
    const { journal } = parts;
    const { bytes, oldestPending } = journal.stats();
    const newest = journal.newest();
    const held = Object.values(bytes).reduce((sum, size) => sum + size, 0);
    this.#ladder = new ByteLadder(limits.bytes, { oldest: oldestPending ?? newest + 1, newest, bytes: held });
    const noted = notedSessions(parts.kept);
    for (const [clientId, note] of noted) {
      if (note?.isLasting !== true || !this.#hasWholeReader(clientId)) continue;
      this.#sessions.set(clientId, new DataSession(clientId, note, classes, parts));
    }
    const names = new Set([...journal.addedReaders(), ...[...noted.keys()].map(nameOfSession)]);
    for (const { group } of this.#sessions.values()) names.delete(group.name);
    for (const name of names) this.#inTurn(() => this.#forget(name)).catch((error) => this.#report(error));
    this.#stopListening = journal.onCommitted((committed) => this.#count(committed));
    this.#looking = every(
      LOOK_EVERY_MS,
      () => this.#lookOnce(),
      (error) => this.#report(error),
    );
  }

  get status(): readonly GroupStatus[] {
    return [...this.#sessions.values()].map(({ group }) => group.status);
  }

  /** Whether a client has a session, and whether it outlives its connections. */
  kindOf(clientId: string): "none" | "passing" | "lasting" {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return "none";
    return session.isLasting ? "lasting" : "passing";
  }

  /** The filters that a client's session holds. */
  filtersOf(clientId: string): ReadonlySet<string> {
    return this.#sessions.get(clientId)?.filters ?? new Set();
  }

  /**
   * A connection holds these filters too; on disk when it resolves. `join` begins the delivery. What another connection
   * of the client has left, and is not this one's to take up, has ended.
   */
  subscribe(
    clientId: string,
    consumer: ConsumerSession,
    isLasting: boolean,
    filters: readonly string[],
  ): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#sessions.get(clientId);
      if (held?.isLasting === isLasting && held.isFor(consumer)) {
        return await held.setFilters(new Set([...held.filters, ...filters]));
      }
      if (held !== undefined) await this.#end(held);
      await this.#parts.journal.addReader(nameOfSession(clientId), this.#classes);
      const note = { filters: [...filters], isLasting, awayMs: 0 };
      const session = new DataSession(clientId, note, this.#classes, this.#parts, consumer);
      this.#sessions.set(clientId, session);
      await session.setFilters(session.filters);
    });
  }

  /** The client's session, if there is one for it, is served over this connection from now on. */
  join(clientId: string, consumer: ConsumerSession): void {
    const session = this.#sessions.get(clientId);
    if (session?.isFor(consumer) === true) session.hold(consumer).catch((error) => this.#report(error));
  }

  /** Takes filters back; a session without any has ended. */
  unsubscribe(clientId: string, filters: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#sessions.get(clientId);
      if (held === undefined) return;
      const left = new Set(held.filters).difference(new Set(filters));
      if (left.size === 0) await this.#end(held);
      else await held.setFilters(left);
    });
  }

  /**
   * A connection has gone: its session waits for the next one, or ends. To be said once more after a `subscribe` that it
   * did not live to see.
   */
  left(clientId: string, consumer: ConsumerSession): void {
    const session = this.#sessions.get(clientId);
    if (session?.isFor(consumer) !== true) return;
    if (!session.isLasting) this.#endInTurn(session).catch((error) => this.#report(error));
    else if (session.release(consumer)) {
      session.keepAway().catch((error) => this.#report(error));
    }
  }

  /** The client's session is no more; on disk when it resolves. */
  end(clientId: string): Promise<void> {
    return this.#inTurn(async () => {
      const session = this.#sessions.get(clientId);
      if (session !== undefined) await this.#end(session);
    });
  }

  #endInTurn(session: DataSession): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#sessions.get(session.clientId) === session) await this.#end(session);
    });
  }

  async close(): Promise<void> {
    this.#stopListening();
    await this.#looking.close();
    await this.#nextLook;
    await this.#lastChange;
    for (const session of this.#sessions.values()) {
      if (session.isLasting) await session.keepAway().catch((error) => this.#report(error));
    }
    await closeAll([...this.#sessions.values()]);
  }

  async #end(session: DataSession): Promise<void> {
    this.#sessions.delete(session.clientId);
    await session.close();
    await this.#forget(session.group.name);
  }

  async #forget(name: string): Promise<void> {
    const { journal } = this.#parts;
    await Promise.all([journal.removeReader(name), journal.keep(name, null), forgetHandedOut(name, journal)]);
  }

  /** Whether a session's reader is there and reads what sessions read, as one of another version may not. */
  #hasWholeReader(clientId: string): boolean {
    const cursors = this.#parts.journal.cursors().filter(({ reader }) => reader === nameOfSession(clientId));
    const read = new Set(cursors.map(({ recordClass }) => recordClass));
    return read.size === this.#classes.length && this.#classes.every((recordClass) => read.has(recordClass));
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => {
      // Whoever asked for it hears of it.
    });
    return done;
  }

  /** Readers without a session, which the disk did not let go: each would keep everything for ever. */
  async #forgetLeftovers(): Promise<void> {
    for (const name of this.#parts.journal.addedReaders()) {
      if (![...this.#sessions.values()].some(({ group }) => group.name === name)) await this.#forget(name);
    }
  }

  #count(records: readonly StoredRecord[]): void {
    for (const { topic, bytes } of records) this.#comeBytes += topic.length + bytes.length + RECORD_OVERHEAD_BYTES;
    if (this.#comeBytes - this.#lookedAtBytes < this.#limits.bytes * LOOK_EVERY_PART) return;
    this.#lookOnce().catch((error) => this.#report(error));
  }

  #lookOnce(): Promise<void> {
    this.#nextLook ??= this.#look().finally(() => {
      this.#nextLook = undefined;
    });
    return this.#nextLook;
  }

  async #look(): Promise<void> {
    const { journal, metrics, log } = this.#parts;
    this.#lookedAtBytes = this.#comeBytes;
    this.#ladder.note(journal.newest(), this.#comeBytes);
    await this.#inTurn(() => this.#forgetLeftovers()).catch((error) => this.#report(error));
    const { records, bytes } = this.#limits;
    const floor = Math.max(journal.newest() - records, this.#ladder.floor(this.#comeBytes, bytes));
    for (const session of this.#sessions.values()) {
      const { clientId, group, awayMs } = session;
      if (awayMs > this.#limits.awayMs) {
        log.warn({ event: "session.ended", client: clientId, awayMs }, "its client has been away for too long");
        metrics.sessionsEnded += 1;
        await this.#endInTurn(session).catch((error) => this.#report(error));
        continue;
      }
      await session.keepAwaySometimes().catch((error) => this.#report(error));
      let skipped = 0;
      await this.#inTurn(async () => {
        if (this.#sessions.get(clientId) === session) skipped = await group.skipTo(floor);
      });
      metrics.sessionSkipped += skipped;
      if (skipped > 0)
        log.warn({ event: "session.skipped", client: clientId, skipped }, "the session is too far behind");
    }
  }

  #report(error: unknown): void {
    this.#parts.log.error({ event: "session.not-kept", err: error }, "how a session stands is not on disk");
  }
}
