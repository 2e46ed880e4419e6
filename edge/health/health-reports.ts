import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Pace } from "../pace.ts";
import type { Counters } from "./counters.ts";
import type { DeviceTime } from "./device-time.ts";

/** What a device says of itself and how often. */
export interface HealthOptions {
  /** Says how often; a change counts at once. */
  readonly pace: Pick<Pace, "now" | "onChange">;
  readonly software: string;
  readonly model: string | null;
  readonly outbox: Outbox;
  readonly time: DeviceTime;
  readonly counters: Counters;
  readonly log: Logger;
}

/**
 * Appends a health message in the device's pace, and as soon as the time is known or known better: the cloud derives the
 * true times of this boot from it. One that cannot be kept is counted and the next one tells of it.
 */
export function startHealthReports(options: HealthOptions): Closer {
  const { pace, software, model, outbox, time, counters, log } = options;
  const report = async () => {
    const { total, oldest } = outbox.pending();
    const errors = counters.snapshot();
    await outbox.append([
      { kind: "health", ...time.stamp(), software, model, oldestPending: oldest, pending: total, errors },
    ]);
  };
  const onError = (error: unknown) => {
    counters.count(codeOf(error));
    log.warn({ event: "health.unkept", err: error }, "a health message could not be kept");
  };
  const reports = every(pace.now().healthEveryMs, report, onError);
  let extra: Promise<void> = Promise.resolve();
  const stops = [
    pace.onChange(() => reports.setEvery(pace.now().healthEveryMs)),
    time.onBetter(() => {
      extra = extra.then(report).catch(onError);
    }),
  ];
  return {
    close: async () => {
      for (const stop of stops) stop();
      await reports.close();
      await extra;
    },
  };
}
