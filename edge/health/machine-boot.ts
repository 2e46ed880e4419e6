import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** Which start of the machine this is, and how long it has been running. */
export interface MachineBoot {
  readonly id: string;
  readonly upMs: number;
}

/** A random UUID that the kernel draws at each start (random(4)). */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The machine's start where the kernel names it, so that a restart of this program (an update, a crash) loses nothing of
 * what is known of the time; else the start of this program under the name `newId`.
 */
export function machineBoot(newId: string, uptimeMs = machineUptimeMs, file = BOOT_ID_FILE): MachineBoot {
  const id = kernelBootId(file);
  return id === undefined ? { id: newId, upMs: 0 } : { id, upMs: Math.floor(uptimeMs()) };
}

/**
 * Milliseconds since the machine's start with the time that it slept (/proc/uptime is CLOCK_BOOTTIME, to 10 ms), which
 * `process.hrtime` (CLOCK_MONOTONIC) leaves out. A container may have an uptime of its own (lxcfs) beside the machine's
 * boot: then the monotonic clock is the larger one, and goes on when the container starts anew.
 */
export const machineUptimeMs = (): number => Math.max(uptime() * 1_000, Number(process.hrtime.bigint() / 1_000_000n));

/** The kernel's name of this start, or undefined where there is none. */
export function kernelBootId(file = BOOT_ID_FILE): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return UUID.test(text) ? text : undefined;
  } catch {
    // Not Linux, or no /proc: then each start of the program is a boot of its own.
    return undefined;
  }
}
