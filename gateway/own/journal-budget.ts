import { CLASS_SHARES } from "#contract/topics.ts";
import type { JournalBudget } from "#journal/budget.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/logger.ts";

/** Of whom the gaps are, and what they are stamped with. */
export interface BudgetParts {
  readonly name: string;
  /** Random ids: the log of the gaps where the journal has none yet, and this start of the gateway. */
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The budget of a gateway's journal: what it drops is logged, counted in `stats()`, and said in gaps of its own. */
export function gatewayBudget(bytes: number, { name, newId, clock, log }: BudgetParts): JournalBudget {
  const boot = newId();
  const startedMs = clock.monotonicMs();
  return {
    bytes,
    shares: CLASS_SHARES,
    gapClass: "alert",
    gapWriter: new URL("./gap-writer.ts", import.meta.url),
    owner: { name, newLog: newId() },
    stamp: () => ({
      at: Math.round(clock.nowMs()),
      boot,
      up: Math.max(0, Math.round(clock.monotonicMs() - startedMs)),
    }),
    onDropped: (dropped) =>
      log.error({ event: "records.dropped", dropped, budgetBytes: bytes }, "the journal is full: its oldest had to go"),
  };
}
