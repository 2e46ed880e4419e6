import { readFileSync } from "node:fs";

/** What a process holds, in bytes: all that is resident, and of it what no file could give back (Linux). */
export interface ProcessMemory {
  readonly resident: number;
  readonly anonymous: number;
  /** The most that was ever resident. */
  readonly peak: number;
}

/** Reads it from `/proc/PID/status` (proc(5): VmRSS, RssAnon, VmHWM). */
export function memoryOf(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
  return { resident: bytes("VmRSS"), anonymous: bytes("RssAnon"), peak: bytes("VmHWM") };
}
