import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { MachineBoot } from "./machine-boot.ts";
import { type Anchor, contradicts, follow, isBetter, readTime } from "./time-keeper.ts";

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
  /** `up` never goes back; `at` comes from the last look and the monotonic clock, never from the wall clock itself. */
  stamp(): TimeStamp;
  /** Calls back when the time has become known, or known better: the cloud is to hear of it soon. */
  onBetter(listener: () => void): () => void;
}

/** How the time is known. */
export interface DeviceTimeOptions {
  readonly clock: Clock;
  readonly boot: MachineBoot;
  /** Since the machine's start, with the time that it slept; the monotonic clock stands still meanwhile. */
  readonly uptimeMs: () => number;
  /** How good the machine's wall clock is now; `isSuspect`: nobody has vouched for it, it jumped, or contradicts what was known. */
  readonly host: (isSuspect: boolean) => Promise<ClockQuality>;
  /** UTC ms by the satellites, undefined while they are not heard or there is no receiver. */
  readonly satellites: () => number | undefined;
  /** The wall clock was set: it moved by so many ms against the monotonic clock. */
  readonly onJump: (byMs: number) => void;
}

/** A device's time that looks at the clocks when it is told to. */
export interface WatchedTime extends Omit<DeviceTime, "close"> {
  look(): Promise<void>;
}

const LOOK_EVERY_MS = 30_000;
/** Slewing (adjtimex) moves both clocks alike on Linux; whatever moves one alone is a step. */
const JUMP_MS = 1_000;

/** Looks at the clocks at the start and then twice a minute, so that a stamp never waits. */
export async function startDeviceTime(
  options: DeviceTimeOptions & { readonly onError: (error: unknown) => void },
): Promise<DeviceTime> {
  const { look, ...time } = watchTime(options);
  await look();
  const looking = every(LOOK_EVERY_MS, look, options.onError);
  return { ...time, close: () => looking.close() };
}

/** Knows nothing until the first look. */
export function watchTime({ clock, boot, uptimeMs, host, satellites, onJump }: DeviceTimeOptions): WatchedTime {
  let sleptMs = 0;
  let uptimeAheadMs = uptimeMs() - clock.monotonicMs();
  /** The monotonic clock with the time that the machine slept. */
  const passedMs = () => clock.monotonicMs() + sleptMs;
  const startedMs = passedMs();
  const listeners = new Set<() => void>();
  let anchor: Anchor | undefined;
  let told: ClockQuality = "none";
  const offsetNow = () => clock.nowMs() - passedMs();
  let offsetMs = offsetNow();
  let up = boot.upMs;

  /** A sleep is measured by the real-time clock alone, so nobody vouches for the time after it. */
  function noticeSleep(): void {
    const aheadMs = uptimeMs() - clock.monotonicMs();
    const moreMs = aheadMs - uptimeAheadMs;
    if (Math.abs(moreMs) <= JUMP_MS) return;
    uptimeAheadMs = aheadMs;
    if (moreMs < 0) return;
    sleptMs += moreMs;
    if (anchor !== undefined) anchor = { ...anchor, quality: "rtc" };
  }

  async function look(): Promise<void> {
    noticeSleep();
    const jumpedByMs = offsetNow() - offsetMs;
    const isJump = Math.abs(jumpedByMs) > JUMP_MS;
    offsetMs += jumpedByMs;
    if (isJump) onJump(Math.round(jumpedByMs));
    const isVouched = anchor !== undefined && anchor.quality !== "rtc";
    const isStrange = contradicts(anchor, { monotonicMs: passedMs(), wallMs: clock.nowMs() });
    const quality = await host(isJump || !isVouched || isStrange);
    // Set while we asked: the answer may be about the clock before or after, so the next look decides.
    const isSteady = Math.abs(offsetNow() - offsetMs) <= JUMP_MS;
    const monotonicMs = passedMs();
    const seen = { monotonicMs, wallMs: clock.nowMs(), satelliteMs: satellites() };
    anchor = follow(anchor, { ...seen, host: isSteady ? quality : "none" });
    const { clock: now } = readTime(anchor, monotonicMs);
    const isNews = isBetter(now, told);
    told = now;
    if (isNews) for (const listener of listeners) listener();
  }

  return {
    boot: boot.id,
    stamp: () => {
      // Sleep moves the wall clock too: so the uptime, a file, is read only where that has moved.
      if (Math.abs(offsetNow() - offsetMs) > JUMP_MS) noticeSleep();
      const monotonicMs = passedMs();
      const exactUp = boot.upMs + monotonicMs - startedMs;
      up = Math.max(up, Math.round(exactUp));
      const { at, clock: quality } = readTime(anchor, monotonicMs);
      // Rounded together: between two stamps of one anchor as much passes by both counts.
      return { v: 1, at: at === null ? null : Math.round(at - exactUp) + up, clock: quality, boot: boot.id, up };
    },
    onBetter: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    look,
  };
}
