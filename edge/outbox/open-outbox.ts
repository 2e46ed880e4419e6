import { join } from "node:path";
import type { Address } from "#contract/names.ts";
import { RECORD_CLASSES } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { type BurstOutbox, holdInBursts } from "./burst-outbox.ts";
import { OUTBOX_PAGE_BYTES, openJournalOutbox, UPLINK_READER } from "./journal-outbox.ts";
import type { Outbox } from "./outbox.ts";
import { type OutboxBudgetParts, outboxBudget } from "./outbox-budget.ts";
import { budgetFor, budgetOn, mostHeldIn, roomOf } from "./outbox-room.ts";
import { type TimedOutbox, timeAppends } from "./timed-outbox.ts";
import { setAsideTooLarge } from "./too-large.ts";

/** What opening needs. */
export interface OpenOutboxParts extends OutboxBudgetParts {
  readonly address: Address;
  /** The outbox's name where it has none yet. */
  readonly newLog: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** The outbox of a device. */
export interface OpenedOutbox extends TimedOutbox, BurstOutbox {
  /** Reads whatever lies there, also what is held back; nothing is sent or set aside for it. */
  readonly peek: Outbox["read"];
}

/**
 * Opens the outbox in the data folder, as large as the settings say and as its disk and what waits in it allow
 * (outbox-room.ts). Rejects as `openJournal` and `openJournalOutbox` do.
 */
export async function openOutbox(
  { DATA_DIR, OUTBOX_BYTES }: EdgeConfig,
  { newLog, clock, onError, ...parts }: OpenOutboxParts,
): Promise<OpenedOutbox> {
  const file = join(DATA_DIR, "outbox.sqlite");
  const open = (bytes: number) =>
    openJournal({
      file,
      pageBytes: OUTBOX_PAGE_BYTES,
      classes: RECORD_CLASSES,
      readers: { [UPLINK_READER]: RECORD_CLASSES },
      onListenerError: onError,
      budget: outboxBudget(bytes, parts),
    });
  const room = await roomOf(file);
  // A journal tells what it holds once it is open, and one that is opened with too little begins to drop.
  const begun = await open(Math.max(budgetOn(room, OUTBOX_BYTES), mostHeldIn(room)));
  const bytes = budgetFor(heldBytes(begun), room, OUTBOX_BYTES);
  const isFit = bytes === begun.stats().budgetBytes;
  if (!isFit) await begun.close();
  const journal = isFit ? begun : await open(bytes);
  if (bytes !== OUTBOX_BYTES) tellOf(bytes, OUTBOX_BYTES, parts);
  const kept = openJournalOutbox(journal, parts.address, newLog);
  return { ...holdInBursts(timeAppends(setAsideTooLarge(kept, parts), clock)), peek: kept.read };
}

const heldBytes = (journal: Journal): number =>
  Object.values(journal.stats().bytes).reduce((sum, bytes) => sum + bytes, 0);

/** Said in each health message of the run (`errors`), with the budget that holds in its facts. */
function tellOf(bytes: number, setBytes: number, { counters, log }: OutboxBudgetParts): void {
  const isSmaller = bytes < setBytes;
  counters.count(isSmaller ? "outbox-limited-by-disk" : "outbox-larger-than-set");
  const why = isSmaller ? "the disk has no room for more" : "what waits does not fit into what is set";
  log.warn({ event: "outbox.budget", bytes, setBytes }, `the outbox is not as large as OUTBOX_BYTES: ${why}`);
}
