import { type Closer, closeAll } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { type OldestAges, watchOldest } from "../outbox/oldest-age.ts";
import type { OpenedOutbox } from "../outbox/open-outbox.ts";
import type { Pace } from "../pace.ts";
import { openTrafficDays, TRAFFIC } from "../uplink/traffic.ts";
import type { Counters } from "./counters.ts";
import { type DeviceReport, type ReportParts, reportOf } from "./device-report.ts";
import type { DeviceTime } from "./device-time.ts";
import { findingsOf } from "./findings.ts";
import { type FindingsWatch, watchFindings } from "./findings-watch.ts";
import { startHealthReports } from "./health-reports.ts";
import { watchHost } from "./host-facts.ts";
import type { RunHistory } from "./run-record.ts";

/** What the device knows of itself, for whoever asks. */
export interface SelfWatch extends Closer {
  report(): DeviceReport;
  readonly findings: FindingsWatch;
}

/** What watching oneself needs: the parts that are asked, and the folder whose disk counts. */
export interface SelfWatchOptions {
  readonly parts: Omit<ReportParts, "facts">;
  readonly folder: string;
  readonly pace: Pace;
  readonly runs: RunHistory;
  readonly outbox: OpenedOutbox;
  readonly time: DeviceTime;
  readonly counters: Counters;
  readonly log: Logger;
  readonly onError: (error: unknown) => void;
}

const AGES_EVERY_MS = 15_000;

/** Watches machine, outbox and all parts, and says in health messages how they are. */
export async function startSelfWatch(options: SelfWatchOptions): Promise<SelfWatch> {
  const { parts, folder, pace, runs, outbox, time, counters, log, onError } = options;
  const host = await watchHost(folder, onError);
  const oldest = watchOldest(outbox, time);
  const traffic = openTrafficDays(outbox.value(TRAFFIC));
  let ages: OldestAges = {};
  const aging = every(
    AGES_EVERY_MS,
    async () => {
      ages = await oldest.ages();
    },
    onError,
  );
  const startedUp = time.stamp().up;
  const report = () =>
    reportOf({ ...parts, facts: { host: host.now(), runs, ages, traffic: traffic.days(), startedUp } });
  const findings = watchFindings(() => findingsOf(report()), time, onError);
  const onUnkept = (code: string) => counters.count(code);
  const health = startHealthReports({
    pace,
    report,
    findings,
    traffic,
    counts: parts.card.values,
    outbox,
    time,
    onUnkept,
    log,
  });
  return { report, findings, close: () => closeAll([host, aging, findings, health]) };
}
