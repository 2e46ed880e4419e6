import { RECORD_CLASSES } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { Aside } from "./aside.ts";
import { UPLINK_READER } from "./journal-layout.ts";
import type { RefusedBytes } from "./refused-bytes.ts";

/** The first round; and with so many waiting in the queue no other one begins. */
const FEW = 8;
/** The largest round. */
const MOST = 512;
/** Records that the parent refused are tried again so often: it may take larger ones by now. */
const TRY_REFUSED_AGAIN_MS = 24 * 3_600_000;

/** What rounds need. */
export interface RoundsParts {
  readonly journal: Pick<Journal, "read" | "cursor">;
  readonly aside: Pick<Aside, "takeUp">;
  readonly refused: RefusedBytes;
  readonly mayGoUp: (topic: string) => boolean;
  readonly clock: Clock;
}

/**
 * Takes up what lies aside, in rounds, while nothing else waits: among it may be a record for which the parent closes every
 * connection. A round is twice the one before, and few again after a record was blamed.
 */
export class AsideRounds {
  readonly #parts: RoundsParts;
  #isDue = false;
  #size = FEW;
  #triedMs: number;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
    this.#triedMs = parts.clock.monotonicMs();
  }

  /** What lies aside may go up now: the next looks take it up. */
  begin(): void {
    this.#isDue = true;
  }

  /** A record was blamed: there may be more of its kind. */
  slowDown(): void {
    this.#size = FEW;
  }

  /** A round, where one is due and little waits; gives how many records it took up. */
  async look(): Promise<number> {
    const { aside, refused, mayGoUp, clock } = this.#parts;
    if (clock.monotonicMs() - this.#triedMs >= TRY_REFUSED_AGAIN_MS) {
      this.#triedMs = clock.monotonicMs();
      refused.forget();
      this.begin();
    }
    if (!this.#isDue || (await this.#isBusy())) return 0;
    this.#isDue = false;
    try {
      const { taken, isThrough } = await aside.takeUp(
        (record) => mayGoUp(record.topic) && !refused.has(record),
        this.#size,
      );
      this.#isDue ||= !isThrough;
      this.#size = isThrough ? FEW : Math.min(MOST, this.#size * 2);
      return taken;
    } catch (error) {
      this.#isDue = true;
      throw error;
    }
  }

  async #isBusy(): Promise<boolean> {
    const { journal } = this.#parts;
    let waiting = 0;
    for (const recordClass of RECORD_CLASSES) {
      const records = await journal.read(recordClass, journal.cursor(UPLINK_READER, recordClass), FEW);
      waiting += records.length;
      if (waiting >= FEW) return true;
    }
    return false;
  }
}
