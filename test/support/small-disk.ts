import { onTestFinished } from "vitest";
import { canMount, type Disk, mountDisk } from "./mount-disk.ts";

/** Whether this machine lets us mount a small file system (root on Linux, outside most containers). */
export const maySmallDisk = await canMount();

/** Mounts a tmpfs of so many MiB below `folder`; it is unmounted when the test has finished. */
export async function mountSmallDisk(folder: string, mebibytes: number): Promise<Disk> {
  const disk = await mountDisk(folder, mebibytes);
  onTestFinished(disk.close);
  return disk;
}
