import { readFile } from "node:fs/promises";
import type { Finding } from "../health/finding.ts";

/**
 * Whether the kernel counts memory for units, without which `MemoryMax=` means nothing: Raspberry Pi's does so only when
 * `cmdline.txt` asks for it. Nothing is said where there are no control groups. Never rejects.
 */
export async function probeMemoryLimits(file = "/sys/fs/cgroup/cgroup.controllers"): Promise<readonly Finding[]> {
  const controllers = await readFile(file, "utf8").catch(() => undefined);
  if (controllers === undefined || controllers.trim().split(" ").includes("memory")) return [];
  return [{ part: "memory limits", code: "memory-unlimited", values: {}, detail: null }];
}
