import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/logger.ts";
import { Framer } from "#mqtt/framer.ts";
import { parsePublish } from "#mqtt/publish.ts";
import { ConsumerGroup } from "../../../gateway/delivery/consumer-group.ts";
import { ConsumerSession } from "../../../gateway/delivery/consumer-session.ts";
import { Metrics } from "../../../gateway/metrics.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** A journal whose readers are groups. */
export async function openForGroups(readers: Readonly<Record<string, readonly string[]>>): Promise<Journal> {
  const classes = [...new Set(Object.values(readers).flat())];
  const journal = await openJournal({ file: join(await tempFolder(), "journal.db"), classes, readers });
  onTestFinished(() => journal.close());
  return journal;
}

/** A journal of which some methods are the test's. */
export const journalWith = (journal: Journal, changed: Partial<Journal>): Journal => ({
  append: (records, values) => journal.append(records, values),
  read: (recordClass, after, limit) => journal.read(recordClass, after, limit),
  newest: () => journal.newest(),
  cursor: (reader, recordClass) => journal.cursor(reader, recordClass),
  cursors: () => journal.cursors(),
  advance: (reader, recordClass, n) => journal.advance(reader, recordClass, n),
  addReader: (reader, classes) => journal.addReader(reader, classes),
  removeReader: (reader) => journal.removeReader(reader),
  addedReaders: () => journal.addedReaders(),
  value: (name) => journal.value(name),
  keep: (name, bytes) => journal.keep(name, bytes),
  kept: (prefix) => journal.kept(prefix),
  stats: () => journal.stats(),
  onCommitted: (listener) => journal.onCommitted(listener),
  close: () => journal.close(),
  ...changed,
});

/** A group on a journal. */
export function aGroup(name: string, classes: readonly string[], journal: Journal): ConsumerGroup {
  const log = createLogger("test", "silent");
  const metrics = new Metrics(systemClock, log);
  const group = new ConsumerGroup(name, classes, { journal, metrics, clock: systemClock, log, kept: new Map() });
  onTestFinished(() => group.close());
  return group;
}

/** A connection that reads everything and acknowledges when it is told. */
export class TestConsumer {
  readonly session: ConsumerSession;
  /** The classes of what it got, in order. */
  readonly classes: string[] = [];
  bytes = 0;
  readonly #held: number[] = [];
  readonly #framer = new Framer(16 * 1024 * 1024);

  constructor(window: number) {
    const write = (packets: Buffer) =>
      this.#framer.push(packets, (frame) => {
        const { topic, payload, messageId } = parsePublish(frame);
        this.classes.push(topic.slice(topic.lastIndexOf("/") + 1));
        this.bytes += payload.length;
        this.#held.push(messageId);
      });
    this.session = new ConsumerSession("m", window, { write, isFull: () => false });
  }

  get held(): number {
    return this.#held.length;
  }

  acknowledge(count: number): void {
    for (const id of this.#held.splice(0, count)) this.session.acknowledge(id);
    this.session.settle();
  }
}
