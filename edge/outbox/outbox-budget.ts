import type { Address } from "#contract/names.ts";
import { CLASS_SHARES } from "#contract/topics.ts";
import type { JournalBudget } from "#journal/budget.ts";
import type { Logger } from "#kit/logger.ts";
import type { Counters } from "../health/counters.ts";
import type { DeviceTime } from "../health/device-time.ts";

/** What a device's budget is made of. */
export interface OutboxBudgetParts {
  readonly address: Address;
  readonly time: DeviceTime;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The budget of an outbox: what it drops is counted (`dropped-chunk`), logged, and said in gaps. */
export function outboxBudget(bytes: number, { address, time, counters, log }: OutboxBudgetParts): JournalBudget {
  return {
    bytes,
    shares: CLASS_SHARES,
    gapClass: "alert",
    gapWriter: new URL("./gap-writer.ts", import.meta.url),
    owner: address,
    stamp: () => time.stamp(),
    onDropped: (dropped) => {
      for (const [recordClass, count] of Object.entries(dropped)) counters.count(`dropped-${recordClass}`, count);
      log.warn({ event: "records.dropped", dropped, budgetBytes: bytes }, "the outbox is full: its oldest had to go");
    },
  };
}
