import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Cycle } from "../cycle.ts";
import type { Counters } from "../health/counters.ts";
import type { TimedOutbox } from "../outbox/timed-outbox.ts";
import type { Pace } from "../pace.ts";
import type { Uplink } from "../uplink/uplink.ts";
import type { Visits } from "../visits/visits.ts";
import { type ServiceEnvironment, systemdNotifier, watchdogMs } from "./notify-systemd.ts";
import { troubleOf } from "./progress.ts";

/** What the watchdog looks at. */
export interface WatchdogOptions {
  /** As systemd gives it; without `NOTIFY_SOCKET` nobody is told anything. */
  readonly environment: ServiceEnvironment;
  readonly pid: number;
  readonly cycle: Pick<Cycle, "rounds">;
  readonly outbox: Pick<TimedOutbox, "appendSinceMs" | "pending">;
  readonly uplink: Pick<Uplink, "status">;
  /** Undefined on a device without a camera. */
  readonly visits: Pick<Visits, "shotUnderWayMs"> | undefined;
  readonly pace: Pick<Pace, "now" | "onChange">;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The program under systemd's eyes. Closing says that it is stopping. */
export interface Watchdog extends Closer {
  /** The start is over: from now on it is fed while the program makes progress. Never rejects. */
  ready(): Promise<void>;
  /** Why it is not fed, or null. */
  trouble(): string | null;
}

/** systemd advises half of its time; a third leaves room for a machine under load. */
const FEEDS_PER_TIME = 3;
/** Where systemd only listens: how often it hears a status, and how long something may hang. */
const UNWATCHED_MS = 180_000;

/** Feeds systemd's watchdog as long as the program makes progress (`troubleOf`); a stalled event loop feeds nobody. */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { environment, pid, cycle, outbox, uplink, visits, pace, counters, log } = options;
  const notify = systemdNotifier(environment);
  const patienceMs = watchdogMs(environment, pid) ?? UNWATCHED_MS;
  const movement = watchMovement(options);
  let trouble: string | null = null;
  let isUntold = false;

  async function tell(assignments: readonly string[]): Promise<void> {
    if (notify === undefined) return;
    try {
      await notify(assignments);
      isUntold = false;
    } catch (error) {
      counters.count("watchdog-untold");
      if (!isUntold)
        log.error({ event: "watchdog.untold", reason: messageOf(error) }, "systemd cannot be told anything");
      isUntold = true;
    }
  }

  async function feed(): Promise<void> {
    const owed = { appendSinceMs: outbox.appendSinceMs(), shotMs: visits?.shotUnderWayMs() ?? null };
    const found = troubleOf({ ...movement.look(), roundEveryMs: pace.now().everyMs, ...owed }, patienceMs);
    if (found !== null && trouble === null) {
      counters.count("watchdog-unfed");
      log.error({ event: "watchdog.unfed", reason: found }, "no progress: systemd will start the program anew");
    }
    trouble = found;
    if (trouble !== null) return await tell([`STATUS=no progress: ${trouble}`]);
    const { connected } = uplink.status();
    const words = `${cycle.rounds()} rounds, ${outbox.pending().total} to send, ${connected ? "connected" : "not connected"}`;
    await tell(["WATCHDOG=1", `STATUS=${words}`]);
  }

  let feeding: Closer | undefined;
  const onError = (error: unknown) => log.error({ event: "watchdog.failed", err: error }, "the watchdog failed");
  return {
    ready: async () => {
      await tell(["READY=1", "STATUS=ready"]);
      feeding ??= every(patienceMs / FEEDS_PER_TIME, feed, onError);
    },
    trouble: () => trouble,
    close: async () => {
      await feeding?.close();
      movement.stop();
      await tell(["STOPPING=1", "STATUS=stopping"]);
    },
  };
}

/** Notices when rounds end and when the link moves, from what they have counted. */
function watchMovement({ cycle, uplink, pace, clock }: WatchdogOptions) {
  let roundMs = clock.monotonicMs();
  let linkMs = roundMs;
  let rounds = cycle.rounds();
  let attempts = 0;
  const stop = pace.onChange(() => {
    roundMs = clock.monotonicMs();
  });
  return {
    look: () => {
      const nowMs = clock.monotonicMs();
      const status = uplink.status();
      if (cycle.rounds() !== rounds) roundMs = nowMs;
      if (status.connected || status.attempts !== attempts) linkMs = nowMs;
      rounds = cycle.rounds();
      attempts = status.attempts;
      return { nowMs, roundMs, linkMs };
    },
    stop,
  };
}
