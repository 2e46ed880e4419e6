import { type Closer, closeAll } from "#kit/closer.ts";
import type { EdgeConfig } from "../firmware-config/settings/edge-settings.ts";
import { startLocalServer } from "./driver/local-server.ts";
import { localRoutes } from "./driver/routes.ts";
import type { DeviceReport, ReportParts } from "./health/device-report.ts";
import type { RunRecord } from "./health/run-record.ts";
import { runSelfTest } from "./health/self-test.ts";
import { type SelfWatchOptions, startSelfWatch } from "./health/self-watch.ts";
import type { Instruments } from "./instruments.ts";
import { startWatchdog, type WatchdogOptions } from "./watchdog/watchdog.ts";

/** How the device looks after itself, and what it shows of that on loopback. */
export interface Self extends Closer {
  readonly report: () => DeviceReport;
  /** Where the device's page is. */
  readonly url: string;
  /** The start is over: looks at every part, tells systemd, and gives a line for each part. Never rejects. */
  ready(): Promise<readonly string[]>;
}

/** What stands beside the instruments in a report. */
type Asked = Omit<
  ReportParts,
  "facts" | "outbox" | "watchdog" | "pace" | "judge" | "sensors" | "cycle" | "visits" | "camera"
>;

/** What looking after oneself needs. */
export interface SelfParts
  extends Asked,
    Pick<SelfWatchOptions, "outbox" | "pace" | "counters" | "log" | "onError">,
    Pick<WatchdogOptions, "clock"> {
  readonly instruments: Instruments;
  readonly runs: RunRecord;
  /** What systemd gives a service. */
  readonly service: WatchdogOptions["environment"];
}

/** Starts the watchdog, then health with all findings, then the page on loopback; closes watchdog, page and health, in this order. */
export async function openSelf(config: EdgeConfig, parts: SelfParts): Promise<Self> {
  const { instruments, runs, service, log } = parts;
  const { truck, sensors, cycle, findCameras } = instruments;
  const { visits, camera, judge } = truck ?? {};
  const watchdog = startWatchdog({ ...parts, environment: service, pid: process.pid, cycle, visits });
  const asked = { ...parts, watchdog, judge, sensors, cycle, visits, camera };
  const watch = await startSelfWatch({ ...parts, parts: asked, folder: config.DATA_DIR, runs: runs.history });
  const routes = localRoutes(visits, watch, findCameras);
  const server = await startLocalServer(config.HTTP_PORT, routes, log, config.PAGE_NAMES);
  return {
    report: watch.report,
    url: server.url,
    ready: async () => {
      const { report, findings } = watch;
      const lines = await runSelfTest({ report, findings: findings.now, truck, findCameras, sensors });
      await watchdog.ready();
      return lines;
    },
    close: () => closeAll([watch, server, watchdog]),
  };
}
