import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CLOCK_ERROR_MS, EARLIEST_MS } from "#contract/clocks.ts";
import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import { VOUCHED_FOR_MS } from "./time-keeper.ts";

/** 2100-01-01: a clock beyond it was never set. */
export const LATEST_MS = 4_102_444_800_000;
// It may hang on a machine without a system bus.
const ASK_TIMEOUT_MS = 2_000;

/** What the host is asked; replaced in tests. */
export interface HostWitnesses {
  /** systemd-timesyncd touches this file at each synchronisation, at most 34 min apart (systemd-timesyncd.service(8)). */
  readonly syncedFile: string;
  /** When chrony last had the time from somebody, UTC ms (0: never); undefined where it does not run. Asked where there is no such file. */
  readonly askChrony: () => Promise<number | undefined>;
  /** The kernel's real-time clocks: `rtc0/since_epoch` (Documentation/ABI/testing/sysfs-class-rtc). */
  readonly rtcFolder: string;
  /** Whether the kernel says that its clock is synchronised; undefined where nobody answers. */
  readonly askKernel: () => Promise<boolean | undefined>;
}

const run = promisify(execFile);
const nothing = () => undefined;
const ASKING = { timeout: ASK_TIMEOUT_MS, encoding: "utf8" } as const;

/** The reference time, in seconds, is the fourth of the values of `chronyc -c tracking` (chronyc(1)); 0 while it has none. */
export function chronyReferenceMs(tracking: string): number | undefined {
  const seconds = tracking.split(",")[3];
  return seconds === undefined || !/^\d+(\.\d+)?$/.test(seconds) ? undefined : Number(seconds) * 1_000;
}

const thisHost: HostWitnesses = {
  syncedFile: "/run/systemd/timesync/synchronized",
  rtcFolder: "/sys/class/rtc",
  // Not installed, or not running.
  askChrony: () => run("chronyc", ["-c", "tracking"], ASKING).then(({ stdout }) => chronyReferenceMs(stdout), nothing),
  askKernel: () => {
    // The kernel's own flag (adjtimex(2), maxerror): whoever sets the clock by hand clears it, chrony and ntpd set it too.
    return run("timedatectl", ["show", "-p", "NTPSynchronized", "--value"], ASKING).then(
      ({ stdout }) => stdout.trim() === "yes",
      // No systemd here, or no answer in time.
      () => undefined,
    );
  },
};

/**
 * `ntp` where the host says that its clock is synchronised; `rtc` where a real-time clock of hardware agrees with it;
 * else `none`. A Pi without such a clock starts with the time of its last shutdown, which looks true and is not.
 *
 * A clock that is suspect (nobody has vouched for it yet, it jumped, or it contradicts what was known) counts as synchronised
 * only by the kernel's word: timesyncd's file stays when somebody sets the clock by hand. Where that file, or
 * what chrony had last, is old the kernel is not asked: the network is gone, and its flag outlives it by nine hours (its error
 * grows by 500 ppm to 16 s), with chrony by weeks. With another program (ntpd) that flag is all there is.
 */
export async function judgeHostClock(nowMs: number, isSuspect: boolean, witnesses = thisHost): Promise<ClockQuality> {
  if (nowMs < EARLIEST_MS || nowMs >= LATEST_MS) return "none";
  if (await isSynchronised(nowMs, isSuspect, witnesses)) return "ntp";
  return (await hasAgreeingRtc(nowMs, witnesses.rtcFolder)) ? "rtc" : "none";
}

async function isSynchronised(
  nowMs: number,
  isSuspect: boolean,
  { syncedFile, askChrony, askKernel }: HostWitnesses,
): Promise<boolean> {
  const setMs = (await stat(syncedFile).then(({ mtimeMs }) => mtimeMs, nothing)) ?? (await askChrony());
  // A second of chrony's own rounding, and what passes while it is asked.
  const isStale = setMs !== undefined && (setMs > nowMs + ASK_TIMEOUT_MS || nowMs - setMs > VOUCHED_FOR_MS);
  if (isStale) return false;
  // Asking costs a process, so the file does where nothing speaks against it.
  return (setMs !== undefined && !isSuspect) || ((await askKernel()) ?? false);
}

async function hasAgreeingRtc(nowMs: number, folder: string): Promise<boolean> {
  for (const name of await readdir(folder).catch((): string[] => [])) {
    const text = await readFile(join(folder, name, "since_epoch"), "utf8").catch(() => "");
    const rtcMs = text.trim() === "" ? Number.NaN : Number(text) * 1000;
    if (Math.abs(rtcMs - nowMs) <= CLOCK_ERROR_MS.rtc) return true;
  }
  return false;
}

/** What judges the wall clock: the setting where it names a quality, the host where it says `auto`. */
export function clockJudge(
  setting: ClockQuality | "auto",
  clock: Pick<Clock, "nowMs">,
  witnesses = thisHost,
): (isSuspect: boolean) => Promise<ClockQuality> {
  return async (isSuspect) =>
    setting === "auto" ? await judgeHostClock(clock.nowMs(), isSuspect, witnesses) : setting;
}
