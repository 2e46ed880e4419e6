import { readFileSync } from "node:fs";

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
 *
 * `process.hrtime` is CLOCK_MONOTONIC on Linux: nanoseconds since the machine's start, without the time it slept.
 */
export function machineBoot(newId: string, hrtimeNs = process.hrtime.bigint, file = BOOT_ID_FILE): MachineBoot {
  const id = kernelBootId(file);
  return id === undefined ? { id: newId, upMs: 0 } : { id, upMs: Number(hrtimeNs() / 1_000_000n) };
}

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
