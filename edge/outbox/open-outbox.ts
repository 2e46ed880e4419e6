import { join } from "node:path";
import type { Address } from "#contract/names.ts";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { type BurstOutbox, holdInBursts } from "./burst-outbox.ts";
import { OUTBOX_PAGE_BYTES, openJournalOutbox, UPLINK_READER } from "./journal-outbox.ts";
import { type OutboxBudgetParts, outboxBudget } from "./outbox-budget.ts";
import { type TimedOutbox, timeAppends } from "./timed-outbox.ts";

/** What opening needs. */
export interface OpenOutboxParts extends OutboxBudgetParts {
  readonly address: Address;
  /** The outbox's name where it has none yet. */
  readonly newLog: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Opens the outbox in the data folder. Rejects as `openJournal` and `openJournalOutbox` do. */
export async function openOutbox(
  { DATA_DIR, OUTBOX_BYTES }: EdgeConfig,
  { newLog, clock, onError, ...parts }: OpenOutboxParts,
): Promise<TimedOutbox & BurstOutbox> {
  const journal = await openJournal({
    file: join(DATA_DIR, "outbox.sqlite"),
    pageBytes: OUTBOX_PAGE_BYTES,
    classes: RECORD_CLASSES,
    readers: { [UPLINK_READER]: RECORD_CLASSES },
    onListenerError: onError,
    budget: outboxBudget(OUTBOX_BYTES, parts),
  });
  return holdInBursts(timeAppends(openJournalOutbox(journal, parts.address, newLog), clock));
}
