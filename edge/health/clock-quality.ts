import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";
import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";

// systemd-timesyncd touches this file once it has set the clock (systemd-timesyncd.service(8)).
const SYNCHRONISED_FILE = "/run/systemd/timesync/synchronized";
// It may hang on a machine without a system bus.
const ASK_TIMEOUT_MS = 2_000;
/** 2026-01-01: no device ran this program before, so an earlier clock is wrong. */
export const EARLIEST_MS = 1_767_225_600_000;
/** 2100-01-01: a clock beyond it was never set. */
export const LATEST_MS = 4_102_444_800_000;

const run = promisify(execFile);

/** `ntp` where the host says that its clock is synchronised, else `rtc` where the year can be true, else `none`. */
export async function judgeHostClock(nowMs: number): Promise<ClockQuality> {
  if (nowMs < EARLIEST_MS || nowMs >= LATEST_MS) return "none";
  return (await isHostSynchronised()) ? "ntp" : "rtc";
}

async function isHostSynchronised(): Promise<boolean> {
  const hasFile = await access(SYNCHRONISED_FILE).then(
    () => true,
    () => false,
  );
  if (hasFile) return true;
  const options = { timeout: ASK_TIMEOUT_MS, encoding: "utf8" as const };
  return run("timedatectl", ["show", "-p", "NTPSynchronized", "--value"], options).then(
    ({ stdout }) => stdout.trim() === "yes",
    // No systemd here, or no answer in time: then nobody vouches for the clock.
    () => false,
  );
}

/** What judges the clock: the setting where it names a quality, the host where it says `auto`. */
export function clockJudge(setting: ClockQuality | "auto", clock: Clock): () => Promise<ClockQuality> {
  return async () => (setting === "auto" ? await judgeHostClock(clock.nowMs()) : setting);
}
