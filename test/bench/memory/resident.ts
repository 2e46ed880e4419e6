import { readFileSync, writeFileSync } from "node:fs";

const statusOf = (pid: number, name: string): number =>
  Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

/** Resident memory of a process in bytes (Linux). */
export const residentBytesOf = (pid: number): number => statusOf(pid, "VmRSS");

/** The most that has been resident since `forgetPeak`, in bytes (Linux). */
export const peakBytesOf = (pid: number): number => statusOf(pid, "VmHWM");

/** Starts a new peak: 5 is what proc(5) names for that. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/** Bytes a minute, by least squares over (minutes, bytes). */
export function slopePerMinute(points: readonly (readonly [number, number])[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, bytes]) => bytes))];
  const over = points.reduce((sum, [at, bytes]) => sum + (at - x) * (bytes - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
