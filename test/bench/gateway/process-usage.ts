import { readdirSync, readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second on every machine that we run on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;
/** `utime` and `stime` of a stat file, counted from the state behind the name in brackets (proc(5): fields 3, 14, 15). */
const USER_TICKS = 14 - 3;
const SYSTEM_TICKS = 15 - 3;

function cpuSecondsIn(statFile: string): number {
  const stat = readFileSync(statFile, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) / TICKS_PER_SECOND;
}

/** CPU time of a process with all its threads, user and system (Linux). */
export const cpuSecondsOf = (pid: number): number => cpuSecondsIn(`/proc/${pid}/stat`);

/** CPU time of each thread of a process by its id (Linux). */
export const threadCpuSecondsOf = (pid: number): ReadonlyMap<string, number> =>
  new Map(readdirSync(`/proc/${pid}/task`).map((id) => [id, cpuSecondsIn(`/proc/${pid}/task/${id}/stat`)]));

/** Resident memory of a process (Linux). */
export function residentMiBOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
