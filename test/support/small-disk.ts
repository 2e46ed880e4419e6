import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** Whether this machine lets us mount a small file system (root on Linux, outside most containers). */
export const maySmallDisk = await canMount();

async function canMount(): Promise<boolean> {
  const folder = join(tmpdir(), `dvornik-mount-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    await run("umount", [folder]);
    return true;
  } catch {
    // No right to mount: the caller skips and says so.
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A disk of its own that can be filled and emptied. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
}

/** Mounts a tmpfs of so many MiB below `folder`; it is unmounted when the test has finished. */
export async function mountSmallDisk(folder: string, mebibytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder]);
  onTestFinished(async () => {
    await run("umount", ["-l", folder]);
  });
  const ballast = join(folder, "ballast");
  return {
    folder,
    fill: async () => {
      // Large pieces first, then single pages, until not even one fits.
      for (const bytes of [65_536, 4096]) {
        for (;;) {
          const isFull = await writeFile(ballast, Buffer.alloc(bytes), { flag: "a" }).then(
            () => false,
            () => true,
          );
          if (isFull) break;
        }
      }
    },
    empty: () => rm(ballast, { force: true }),
  };
}
