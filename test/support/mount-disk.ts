import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Closer } from "#kit/closer.ts";

const run = promisify(execFile);

/** Whether this machine lets us mount a small file system (root on Linux, outside most containers). */
export async function canMount(): Promise<boolean> {
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

/** A disk of its own that can be filled, emptied and made larger. */
export interface Disk extends Closer {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  /** Makes room from outside. */
  resize(mebibytes: number): Promise<void>;
}

/** Mounts a tmpfs of so many MiB on a folder that is made; `close` unmounts it. */
export async function mountDisk(folder: string, mebibytes: number): Promise<Disk> {
  await mkdir(folder, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder]);
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
    resize: async (wanted) => void (await run("mount", ["-o", `remount,size=${wanted}m`, folder])),
    close: async () => void (await run("umount", ["-l", folder])),
  };
}
