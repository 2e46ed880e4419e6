import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";

/** What each message carries of time. */
export interface TimeStamp {
  readonly v: 1;
  readonly at: number | null;
  readonly clock: ClockQuality;
  readonly boot: string;
  readonly up: number;
}

/** The device's time and how far it may be trusted. */
export interface DeviceTime extends Closer {
  readonly boot: string;
  stamp(): TimeStamp;
}

/** How the time is known. `judge` says how good the machine's clock is now. */
export interface DeviceTimeOptions {
  readonly clock: Clock;
  readonly boot: string;
  readonly judge: () => Promise<ClockQuality>;
  readonly onError: (error: unknown) => void;
}

const JUDGE_EVERY_MS = 30_000;

/** Judges the clock at the start and then twice a minute, so that a stamp never waits. */
export async function startDeviceTime({ clock, boot, judge, onError }: DeviceTimeOptions): Promise<DeviceTime> {
  const startedMs = clock.monotonicMs();
  let quality = await judge();
  const judging = every(
    JUDGE_EVERY_MS,
    async () => {
      quality = await judge();
    },
    onError,
  );
  return {
    boot,
    stamp: () => ({
      v: 1,
      at: quality === "none" ? null : Math.round(clock.nowMs()),
      clock: quality,
      boot,
      up: Math.max(0, Math.round(clock.monotonicMs() - startedMs)),
    }),
    close: () => judging.close(),
  };
}
