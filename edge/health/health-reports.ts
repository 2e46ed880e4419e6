import type { Values } from "#journal/journal.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Pace } from "../pace.ts";
import { TRAFFIC, type TrafficDays } from "../uplink/traffic.ts";
import type { DeviceReport } from "./device-report.ts";
import type { DeviceTime } from "./device-time.ts";
import type { FindingsWatch } from "./findings-watch.ts";
import { healthFactsOf, statesOf } from "./health-facts.ts";

/** What a device says of itself and how often. */
export interface HealthOptions {
  /** Says how often; a change counts at once. */
  readonly pace: Pick<Pace, "now" | "onChange">;
  readonly report: () => DeviceReport;
  readonly findings: Pick<FindingsWatch, "now">;
  readonly traffic: TrafficDays;
  /** Counts that are committed with each message, as the traffic is: a power cut loses what came after it. */
  readonly counts: () => Values;
  readonly outbox: Outbox;
  readonly time: DeviceTime;
  readonly onUnkept: (code: string) => void;
  readonly log: Logger;
}

/** Numbers may be a quarter of an hour old; words never are. */
const FACTS_EVERY_MS = 15 * 60_000;

/**
 * Appends a health message in the device's pace, and as soon as the time is known or known better: the cloud derives the
 * true times of this boot from it. One that cannot be kept is counted and the next one tells of it. All facts go with the
 * first one, with each that finds a part in another state, and with one in a quarter of an hour.
 */
export function startHealthReports(options: HealthOptions): Closer {
  const { pace, report, findings, traffic, counts, outbox, time, onUnkept, log } = options;
  let told: { readonly states: string; readonly up: number } | undefined;

  async function say(): Promise<void> {
    const stamp = time.stamp();
    const now = report();
    const found = findings.now();
    const states = JSON.stringify(statesOf(found));
    const isDue = told === undefined || told.states !== states || stamp.up - told.up >= FACTS_EVERY_MS;
    traffic.note(now.uplink.traffic, stamp.at);
    const message = {
      kind: "health" as const,
      ...stamp,
      software: now.software,
      model: now.model,
      oldestPending: now.outbox.oldest,
      pending: now.outbox.total,
      errors: { ...now.errors },
      countedFrom: now.startedUp,
      ...(isDue && { facts: healthFactsOf(now, found) }),
    };
    await outbox.append([message], { ...counts(), [TRAFFIC]: traffic.toText() });
    if (isDue) told = { states, up: stamp.up };
  }

  const onError = (error: unknown) => {
    onUnkept(codeOf(error));
    log.warn({ event: "health.unkept", err: error }, "a health message could not be kept");
  };
  const reports = every(pace.now().healthEveryMs, say, onError);
  let extra: Promise<void> = Promise.resolve();
  const stops = [
    pace.onChange(() => reports.setEvery(pace.now().healthEveryMs)),
    time.onBetter(() => {
      extra = extra.then(say).catch(onError);
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
