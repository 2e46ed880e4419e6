import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";

/** Where the kernel names its video devices. */
export const SYSFS_VIDEO = "/sys/class/video4linux";

/** A video device of the kernel. */
export interface VideoDevice {
  readonly device: string;
  readonly name: string;
  /** A USB camera's picture: not its second device, of metadata, and none of a Raspberry Pi's own codecs and pipes. */
  readonly isUsbCamera: boolean;
}

/**
 * The video devices, by number; none where the folder is absent. Raspberry Pi OS has a dozen that are no cameras to us
 * (`bcm2835-codec`, `bcm2835-isp`, `pispbe`, `rp1-cfe`, `unicam`), so only the driver tells.
 */
export async function listVideoDevices(sysfs = SYSFS_VIDEO): Promise<readonly VideoDevice[]> {
  const names = await readdir(sysfs).catch(() => []);
  const numbers = names.flatMap((name) => /^video(\d{1,3})$/.exec(name)?.[1] ?? []).map(Number);
  return await Promise.all(
    numbers
      .sort((a, b) => a - b)
      .map(async (number) => {
        const folder = join(sysfs, `video${number}`);
        const driver = await readlink(join(folder, "device", "driver")).catch(() => "");
        const [name, index] = await Promise.all([readLine(join(folder, "name")), readLine(join(folder, "index"))]);
        const isUsbCamera = basename(driver) === "uvcvideo" && index === "0";
        return { device: `/dev/video${number}`, name, isUsbCamera };
      }),
  );
}

/** One line of sysfs, or nothing: a device may vanish while it is read. */
async function readLine(file: string): Promise<string> {
  return (await readFile(file, "utf8").catch(() => "")).trim();
}
