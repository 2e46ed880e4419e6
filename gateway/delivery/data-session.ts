import { z } from "zod";
import type { Journal } from "#journal/journal.ts";
import { covers } from "#mqtt/filters.ts";
import { ConsumerGroup, type DeliveryParts } from "./consumer-group.ts";
import type { ConsumerSession } from "./consumer-session.ts";

const PREFIX = "session/";
const KNOWN_TOPICS = 10_000;

/** What lies on disk of a session, beside its cursors. */
const Note = z.object({
  filters: z.array(z.string()),
  /** It outlives its connections. */
  isLasting: z.boolean(),
  /** Since when (UTC ms) its client is away; null while it is there. */
  awaySinceMs: z.number().nullable(),
});
type Note = z.infer<typeof Note>;

/** The reader of the journal, and the name of the note, of a client's session. */
export const nameOfSession = (clientId: string): string => `${PREFIX}${clientId}`;

/** The sessions of the last life, by client; those whose note cannot be read are none. */
export function notedSessions(kept: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Note> {
  return new Map(
    [...kept].flatMap(([name, bytes]): [string, Note][] => {
      if (!name.startsWith(PREFIX)) return [];
      return [[name.slice(PREFIX.length), Note.parse(JSON.parse(Buffer.from(bytes).toString()))]];
    }),
  );
}

/** A client's own subscriptions to durable data: a group of one, with cursors of its own. */
export class DataSession {
  readonly clientId: string;
  readonly group: ConsumerGroup;
  readonly isLasting: boolean;
  readonly #journal: Journal;
  readonly #maker: ConsumerSession | undefined;
  #filters: ReadonlySet<string>;
  #awaySinceMs: number | null;
  readonly #isWanted = new Map<string, boolean>();
  #holder: ConsumerSession | undefined;

  /** Its reader must be there. `classes` in order of worth; `maker` is the connection that began it in this life. */
  constructor(clientId: string, note: Note, classes: readonly string[], parts: DeliveryParts, maker?: ConsumerSession) {
    this.#maker = maker;
    this.clientId = clientId;
    this.isLasting = note.isLasting;
    this.#journal = parts.journal;
    this.#filters = new Set(note.filters);
    this.#awaySinceMs = note.awaySinceMs;
    this.group = new ConsumerGroup(nameOfSession(clientId), classes, parts, (topic) => this.#wants(topic));
  }

  /** Whether a connection of its client may have it: a passing one is its maker's alone. */
  isFor(consumer: ConsumerSession): boolean {
    return this.isLasting || this.#maker === consumer;
  }

  get filters(): ReadonlySet<string> {
    return this.#filters;
  }

  /** Since when its client is away; null while it is there. */
  get awaySinceMs(): number | null {
    return this.#awaySinceMs;
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
    this.#awaySinceMs = null;
    await this.#keep();
  }

  /** Its client's connection has gone; false when another one has it. */
  release(consumer: ConsumerSession, nowMs: number): boolean {
    if (this.#holder !== consumer) return false;
    this.#holder = undefined;
    this.#awaySinceMs = nowMs;
    return true;
  }

  /** Writes down how it stands. */
  async keepAway(): Promise<void> {
    await this.#keep();
  }

  /** Delivers no more. */
  async close(): Promise<void> {
    this.#holder?.leave(this.group);
    this.#holder = undefined;
    await this.group.close();
  }

  #keep(): Promise<void> {
    const { isLasting } = this;
    const note: Note = { filters: [...this.#filters], isLasting, awaySinceMs: this.#awaySinceMs };
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
