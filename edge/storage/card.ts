import type { Values } from "#journal/journal.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import type { Counters } from "../health/counters.ts";
import type { DeviceTime } from "../health/device-time.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Pace } from "../pace.ts";
import {
  afterRestart,
  type CardVerdict,
  countWrites,
  DailyWrites,
  type DayWrites,
  judgeWrites,
  NOTHING_WRITTEN,
} from "./daily-writes.ts";
import { readWriteCounters, type WriteCounters } from "./write-counters.ts";

/** What `/status` and health say of the card. */
export interface CardStatus extends CardVerdict {
  readonly today: DayWrites;
  readonly before: DayWrites | null;
  readonly budgetBytes: number;
}

/** The count of what is written to the card. */
export interface Card extends Closer {
  status(): CardStatus;
  /** The count as it is kept: whoever appends may commit it along, so that a power cut loses little of it. */
  values(): Values;
}

/** What counting needs. */
export interface CardOptions {
  readonly budgetBytes: number;
  readonly everyMs: number;
  /** Never rejects. */
  readonly read: () => Promise<WriteCounters>;
  readonly pace: Pick<Pace, "spare">;
  readonly outbox: Pick<Outbox, "append" | "value">;
  readonly time: Pick<DeviceTime, "boot" | "stamp">;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The outbox's value that holds the count. */
const WRITES = "card-writes";

/** Counts what is written by the day, over restarts; beyond the budget readings are packed longer until the day is over. */
export async function startCard(options: CardOptions): Promise<Card> {
  const { budgetBytes, everyMs, read, pace, outbox, time, clock, counters, log } = options;
  let writes = afterRestart(writesIn(outbox.value(WRITES)));
  let verdict = judgeWrites(writes.today, budgetBytes);
  let lookedMs = clock.monotonicMs();

  async function look(): Promise<void> {
    const found = await read();
    const nowMs = clock.monotonicMs();
    const { at } = time.stamp();
    const day = at === null ? null : new Date(at).toISOString().slice(0, 10);
    writes = countWrites(writes, { ...found, day, boot: time.boot, elapsedMs: nowMs - lookedMs });
    lookedMs = nowMs;
    const before = verdict;
    verdict = judgeWrites(writes.today, budgetBytes);
    pace.spare({ packFactor: verdict.packFactor });
    if (verdict.isOver && !before.isOver) {
      counters.count("card-over-budget");
      log.warn(
        { event: "card.over-budget", ...writes.today, budgetBytes },
        "more was written today than the card bears",
      );
    }
  }

  const values = () => ({ [WRITES]: JSON.stringify(writes) });

  const onError = (error: unknown) => {
    counters.count(codeOf(error));
    log.warn({ event: "card.unkept", err: error }, "the count of what is written could not be kept");
  };
  await look().catch(onError);
  const looking = every(everyMs, look, onError);
  return {
    status: () => ({ today: writes.today, before: writes.before, budgetBytes, ...verdict }),
    values,
    close: async () => {
      await looking.close();
      await look()
        .then(() => outbox.append([], values()))
        .catch(onError);
    },
  };
}

/** Counts the card that holds the data folder. */
export async function openCard(
  { CARD_BUDGET_MB, POWER_EVERY_S, SYS_DIR: sysDir, DATA_DIR: dataDir }: EdgeConfig,
  parts: Omit<CardOptions, "budgetBytes" | "everyMs" | "read">,
): Promise<Card> {
  const read = () => readWriteCounters({ ioFile: "/proc/self/io", sysDir, dataDir });
  return await startCard({ ...parts, budgetBytes: CARD_BUDGET_MB * 1_000_000, everyMs: POWER_EVERY_S * 1000, read });
}

/** What an older version wrote and this one does not understand begins anew: it is a count of one day. */
function writesIn(text: string | undefined): DailyWrites {
  try {
    return DailyWrites.parse(JSON.parse(text ?? ""));
  } catch {
    return NOTHING_WRITTEN;
  }
}
