import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { messageOf } from "#kit/errors.ts";
import { bundleProgram } from "../../../firmware-config/bundle/bundle-program.ts";
import { type Machine, ROOT } from "../../support/program.ts";

/** The first time libraries are fetched; later calls return at once. */
const PREPARE_TIMEOUT_MS = 3 * 60_000;
/** What prepare-arm64.sh answers where it cannot be done. */
const CANNOT_PREPARE = 3;
/** Everything is emulated: 15 s on a quiet machine. */
const READY_WITHIN_MS = 150_000;

const run = promisify(execFile);

/** Why this machine cannot run the agent on arm64. */
export interface Missing {
  readonly missing: string;
}

/**
 * Makes the very bundle that is installed on a device, in `folder` (empty or not there), and gives the emulated machine
 * that runs it; or says why that cannot be done here.
 */
export async function layArmMachine(folder: string): Promise<Machine | Missing> {
  const system = await findArmSystem();
  if (typeof system !== "string") return system;
  try {
    await bundleProgram(ROOT, "edge", "arm64", folder);
  } catch (error) {
    if (!messageOf(error).includes("registry")) throw error;
    return { missing: `no bundle for arm64: ${messageOf(error).split("\n")[0]}` };
  }
  const command = ["qemu-aarch64-static", "-L", system, join(folder, "bin/node")] as const;
  return { command: [...command], folder, main: "main.js", readyWithinMs: READY_WITHIN_MS };
}

async function findArmSystem(): Promise<string | Missing> {
  const script = join(import.meta.dirname, "prepare-arm64.sh");
  try {
    const { stdout } = await run("sh", [script], { timeout: PREPARE_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  } catch (error) {
    const failure = z.object({ code: z.unknown(), stderr: z.string() }).safeParse(error);
    if (!failure.success || failure.data.code !== CANNOT_PREPARE) throw error;
    return { missing: failure.data.stderr.trim().split("\n").at(-1) ?? "" };
  }
}

/** What a machine's Node says that it runs on. */
export async function architectureOf({ command: [program, ...first] }: Machine): Promise<string> {
  const { stdout } = await run(program, [...first, "-p", "process.arch"]);
  return stdout.trim();
}
