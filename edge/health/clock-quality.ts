import { execFile } from "node:child_process";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CLOCK_ERROR_MS, EARLIEST_MS } from "#contract/clocks.ts";
import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";

/** 2100-01-01: a clock beyond it was never set. */
export const LATEST_MS = 4_102_444_800_000;
// It may hang on a machine without a system bus.
const ASK_TIMEOUT_MS = 2_000;

/** What the host is asked; replaced in tests. */
export interface HostWitnesses {
  /** systemd-timesyncd touches this file once it has set the clock (systemd-timesyncd.service(8)). */
  readonly syncedFile: string;
  /** The kernel's real-time clocks: `rtc0/since_epoch` (Documentation/ABI/testing/sysfs-class-rtc). */
  readonly rtcFolder: string;
  /** Whether the kernel says that its clock is synchronised; undefined where nobody answers. */
  readonly askKernel: () => Promise<boolean | undefined>;
}

const run = promisify(execFile);

const thisHost: HostWitnesses = {
  syncedFile: "/run/systemd/timesync/synchronized",
  rtcFolder: "/sys/class/rtc",
  askKernel: () => {
    const options = { timeout: ASK_TIMEOUT_MS, encoding: "utf8" as const };
    // The kernel's own flag (adjtimex(2), maxerror): whoever sets the clock by hand clears it, chrony and ntpd set it too.
    return run("timedatectl", ["show", "-p", "NTPSynchronized", "--value"], options).then(
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
 * A clock that is suspect (it jumped, or contradicts what was known) counts as synchronised only by the kernel's word:
 * timesyncd's file stays when somebody sets the clock by hand.
 */
export async function judgeHostClock(nowMs: number, isSuspect: boolean, witnesses = thisHost): Promise<ClockQuality> {
  if (nowMs < EARLIEST_MS || nowMs >= LATEST_MS) return "none";
  if (await isSynchronised(isSuspect, witnesses)) return "ntp";
  return (await hasAgreeingRtc(nowMs, witnesses.rtcFolder)) ? "rtc" : "none";
}

async function isSynchronised(isSuspect: boolean, { syncedFile, askKernel }: HostWitnesses): Promise<boolean> {
  // Asking costs a process, so the file does where nothing speaks against it.
  const hasFile = !isSuspect && (await access(syncedFile).then(yes, no));
  return hasFile || ((await askKernel()) ?? false);
}

async function hasAgreeingRtc(nowMs: number, folder: string): Promise<boolean> {
  for (const name of await readdir(folder).catch((): string[] => [])) {
    const text = await readFile(join(folder, name, "since_epoch"), "utf8").catch(() => "");
    const rtcMs = text.trim() === "" ? Number.NaN : Number(text) * 1000;
    if (Math.abs(rtcMs - nowMs) <= CLOCK_ERROR_MS.rtc) return true;
  }
  return false;
}

const yes = () => true;
const no = () => false;

/** What judges the wall clock: the setting where it names a quality, the host where it says `auto`. */
export function clockJudge(
  setting: ClockQuality | "auto",
  clock: Clock,
): (isSuspect: boolean) => Promise<ClockQuality> {
  return async (isSuspect) => (setting === "auto" ? await judgeHostClock(clock.nowMs(), isSuspect) : setting);
}
