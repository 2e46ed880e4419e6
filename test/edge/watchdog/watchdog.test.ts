import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { createPace } from "../../../edge/pace.ts";
import { startWatchdog } from "../../../edge/watchdog/watchdog.ts";
import { until } from "../../support/until.ts";
import { NOTHING_PENDING, quiet } from "../support/fakes.ts";

it("a watchdog sees that a shot does not end, and that it did", async () => {
  let shotMs: number | null = 600_000;
  const counters = createCounters();
  const status = { connected: true, attempts: 1, connections: 1, trouble: null, stored: null };
  const traffic = { sentBytes: 0, receivedBytes: 0 };
  const watchdog = startWatchdog({
    environment: { WATCHDOG_USEC: "30000" },
    pid: 1,
    cycle: { rounds: () => 0 },
    outbox: { appendSinceMs: () => null, pending: () => NOTHING_PENDING },
    uplink: { status: () => ({ ...status, traffic }) },
    visits: { shotUnderWayMs: () => shotMs },
    pace: createPace({ everyMs: 60_000, samplesPerPack: 1, particleWorkMs: 0, healthEveryMs: 60_000 }),
    clock: systemClock,
    counters,
    log: quiet,
  });
  onTestFinished(() => watchdog.close());
  await watchdog.ready();

  await until("it is seen", () => watchdog.trouble()?.includes("a shot has not ended for 600 s"));
  shotMs = null;
  await until("it is well", () => watchdog.trouble() === null);
  expect(counters.snapshot()).toMatchObject({ "watchdog-unfed": 1 });
});
