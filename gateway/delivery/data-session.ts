import { z } from "zod";
import type { Journal } from "#journal/journal.ts";
import { covers } from "#mqtt/filters.ts";
import { ConsumerGroup, type DeliveryParts } from "./consumer-group.ts";
import type { ConsumerSession } from "./consumer-session.ts";
import { readNote, SESSION_NAMES } from "./kept-notes.ts";

const KNOWN_TOPICS = 10_000;
/** How long a client has been away is written down so often; what a kill takes of it is not counted. */
const KEEP_AWAY_EVERY_MS = 3_600_000;

/** What lies on disk of a session, beside its cursors. */
const Note = z.object({
  filters: z.array(z.string()),
  /** It outlives its connections. */
  isLasting: z.boolean(),
  /** How long its client had been away, counted while a gateway ran: a machine may not know what time it is. */
  awayMs: z.number().default(0),
});
type Note = z.infer<typeof Note>;

/** The reader of the journal, and the name of the note, of a client's session. */
export const nameOfSession = (clientId: string): string => `${SESSION_NAMES}${clientId}`;

/** The sessions of the last life, by client; undefined where the note cannot be read. */
export function notedSessions(kept: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Note | undefined> {
  const own = [...kept].filter(([name]) => name.startsWith(SESSION_NAMES));
  return new Map(own.map(([name, bytes]) => [name.slice(SESSION_NAMES.length), readNote(Note, bytes)]));
}

/** A client's own subscriptions to durable data: a group of one, with cursors of its own. */
export class DataSession {
  readonly clientId: string;
  readonly group: ConsumerGroup;
  readonly isLasting: boolean;
  readonly #journal: Journal;
  readonly #maker: ConsumerSession | undefined;
  #filters: ReadonlySet<string>;
  /** Away for so long before a moment of the monotonic clock, and since then; undefined while its client is there. */
  #away: { readonly beforeMs: number; readonly sinceMs: number } | undefined;
  #keptAtMs: number;
  readonly #isWanted = new Map<string, boolean>();
  #holder: ConsumerSession | undefined;

  /** Its reader must be there. `classes` in order of worth; `maker` is the connection that began it in this life. */
  constructor(clientId: string, note: Note, classes: readonly string[], parts: DeliveryParts, maker?: ConsumerSession) {
    this.#maker = maker;
    this.clientId = clientId;
    this.isLasting = note.isLasting;
    this.#journal = parts.journal;
    this.#filters = new Set(note.filters);
    this.group = new ConsumerGroup(nameOfSession(clientId), classes, parts, (topic) => this.#wants(topic));
    this.#keptAtMs = this.group.nowMs;
    this.#away = { beforeMs: note.awayMs, sinceMs: this.group.nowMs };
  }

  /** Whether a connection of its client may have it: a passing one is its maker's alone. */
  isFor(consumer: ConsumerSession): boolean {
    return this.isLasting || this.#maker === consumer;
  }

  get filters(): ReadonlySet<string> {
    return this.#filters;
  }

  /** How long its client has been away, while a gateway ran; 0 while it is there. */
  get awayMs(): number {
    return this.#away === undefined ? 0 : this.#away.beforeMs + this.group.nowMs - this.#away.sinceMs;
  }

  /** Has other filters from now on; on disk when it resolves. */
  async setFilters(filters: ReadonlySet<string>): Promise<void> {
    this.#filters = filters;
    this.#isWanted.clear();
    await this.#keep();
  }

  /** A connection of its client takes it over from any other; what is on disk follows. */
  async hold(consumer: ConsumerSession): Promise<void> {
    if (this.#holder === consumer) return;
    this.#holder?.leave(this.group);
    this.#holder = consumer;
    consumer.join(this.group);
    this.#away = undefined;
    await this.#keep();
  }

  /** Its client's connection has gone; false when another one has it. */
  release(consumer: ConsumerSession): boolean {
    if (this.#holder !== consumer) return false;
    this.#holder = undefined;
    this.#away = { beforeMs: 0, sinceMs: this.group.nowMs };
    return true;
  }

  /** Writes down how it stands. */
  async keepAway(): Promise<void> {
    await this.#keep();
  }

  /** Writes down how long its client is away, where that was not done for long. */
  async keepAwaySometimes(): Promise<void> {
    if (this.#away !== undefined && this.group.nowMs - this.#keptAtMs >= KEEP_AWAY_EVERY_MS) await this.#keep();
  }

  /** Delivers no more. */
  async close(): Promise<void> {
    this.#holder?.leave(this.group);
    this.#holder = undefined;
    await this.group.close();
  }

  #keep(): Promise<void> {
    this.#keptAtMs = this.group.nowMs;
    const { isLasting, awayMs } = this;
    const note: Note = { filters: [...this.#filters], isLasting, awayMs };
    return this.#journal.keep(this.group.name, Buffer.from(JSON.stringify(note)));
  }

  #wants(topic: string): boolean {
    const known = this.#isWanted.get(topic);
    if (known !== undefined) return known;
    if (this.#isWanted.size >= KNOWN_TOPICS) this.#isWanted.clear();
    const isWanted = [...this.#filters].some((filter) => covers(filter, topic));
    this.#isWanted.set(topic, isWanted);
    return isWanted;
  }
}
