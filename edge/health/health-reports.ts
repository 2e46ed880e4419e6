import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Counters } from "./counters.ts";
import type { DeviceTime } from "./device-time.ts";

/** What a device says of itself and how often. */
export interface HealthOptions {
  readonly everyMs: number;
  readonly software: string;
  readonly model: string | null;
  readonly outbox: Outbox;
  readonly time: DeviceTime;
  readonly counters: Counters;
  readonly log: Logger;
}

/** Appends a health message each `everyMs`; one that cannot be kept is counted and the next one tells of it. */
export function startHealthReports(options: HealthOptions): Closer {
  const { everyMs, software, model, outbox, time, counters, log } = options;
  const report = async () => {
    const { total, oldest } = outbox.pending();
    const errors = counters.snapshot();
    await outbox.append([
      { kind: "health", ...time.stamp(), software, model, oldestPending: oldest, pending: total, errors },
    ]);
  };
  return every(everyMs, report, (error) => {
    counters.count(codeOf(error));
    log.warn({ event: "health.unkept", err: error }, "a health message could not be kept");
  });
}
