/** What was acknowledged to publishers and what reached the consumer, message by message. */
export interface Ledger {
  readonly published: number;
  readonly acknowledged: number;
  /** Distinct messages that reached the consumer. */
  readonly delivered: number;
  /** Acknowledged, and not delivered. */
  readonly lost: number;
  /** Deliveries of what had been delivered before. */
  readonly duplicated: number;
  publish(publisher: number): number;
  acknowledge(publisher: number, seq: number): void;
  deliver(publisher: number, seq: number): void;
}

interface Entry {
  isAcknowledged: boolean;
  deliveries: number;
}

/** An empty ledger for so many publishers; their numbers count from 0 without gaps. */
export function openLedger(publishers: number): Ledger {
  const books: readonly Entry[][] = Array.from({ length: publishers }, () => []);
  const count = (holds: (entry: Entry) => boolean) =>
    books.reduce((sum, book) => sum + book.filter((entry) => holds(entry)).length, 0);
  const entryOf = (publisher: number, seq: number): Entry => {
    const entry = books[publisher]?.[seq];
    if (entry === undefined) throw new RangeError(`nobody published ${publisher}/${seq}`);
    return entry;
  };
  return {
    get published() {
      return count(() => true);
    },
    get acknowledged() {
      return count(({ isAcknowledged }) => isAcknowledged);
    },
    get delivered() {
      return count(({ deliveries }) => deliveries > 0);
    },
    get lost() {
      return count(({ isAcknowledged, deliveries }) => isAcknowledged && deliveries === 0);
    },
    get duplicated() {
      return books.reduce(
        (sum, book) => sum + book.reduce((more, { deliveries }) => more + Math.max(0, deliveries - 1), 0),
        0,
      );
    },
    publish: (publisher) => (books[publisher]?.push({ isAcknowledged: false, deliveries: 0 }) ?? 0) - 1,
    acknowledge: (publisher, seq) => {
      entryOf(publisher, seq).isAcknowledged = true;
    },
    deliver: (publisher, seq) => {
      entryOf(publisher, seq).deliveries += 1;
    },
  };
}
