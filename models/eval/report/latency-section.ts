import type { Latency } from "../latency.ts";
import { figure, table } from "./markdown.ts";

/** The machine that the times are of. */
export interface Machine {
  readonly model: string;
  readonly cores: number;
  /** Load average of the last minute when measuring began. */
  readonly load: number;
}

/** What a verdict costs. */
export function latencySection(latency: Latency | null, machine: Machine): string {
  if (latency === null) return "## Time and memory\n\nNot measured in this run (`--no-latency`).";
  const { verdicts, int8, fp32 } = latency;
  const rows = verdicts.map(({ what, kilobytes, n, p50, p90, p99, cpu, residentMb, peakMb }) => [
    `${what}, ${kilobytes} kB`,
    n,
    figure(p50, 1),
    figure(p90, 1),
    figure(p99, 1),
    figure(cpu, 1),
    residentMb,
    peakMb,
  ]);
  const networks = [
    ["int8", figure(int8.p50, 2), figure(int8.p99, 2)],
    ...(fp32 === null ? [] : [["fp32", figure(fp32.p50, 2), figure(fp32.p99, 2)]]),
  ];
  const ratio = fp32 === null ? "" : ` int8 takes ${figure(int8.p50 / fp32.p50, 2)} of fp32's time (medians).`;
  return `## Time and memory

On one thread of ${machine.cores} × ${machine.model}; load average ${figure(machine.load, 1)} when measuring began, so with a load well above 0 the
slow end is the other programs', and the processor time (cpu) is the better figure. Not measured on a Raspberry Pi. Drawn photos with grain,
in a process of its own with the device's memory settings; resident memory in MiB is that of the whole process, Node and the runtime included.

${table(["from JPEG bytes to verdict, ms", "n", "p50", "p90", "p99", "cpu", "resident", "peak"], rows)}

${table(["the network alone, ms (200 runs in turns)", "p50", "p99"], networks)}
${ratio === "" ? "" : `\nOn this machine${ratio}`}`;
}
