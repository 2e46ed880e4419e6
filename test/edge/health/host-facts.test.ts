import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostFactsOf, isReadOnly } from "../../../edge/health/host-facts.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const MOUNTS = `22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw
30 22 179:1 / /boot/firmware ro,relatime shared:2 - vfat /dev/mmcblk0p1 ro
31 22 8:1 / /mnt/a\\040disk rw,relatime - ext4 /dev/sda1 rw,emergency_ro
32 22 8:2 / /srv rw - ext4 /dev/sdb1 rw
33 32 0:40 / /srv ro - tmpfs tmpfs rw`;

describe("isReadOnly", () => {
  it.each([
    ["/var/lib/dvornik", false],
    ["/boot/firmware/x", true],
    ["/boot/firmwares", false],
    ["/mnt/a disk/data", true],
    ["/srv/data", true],
  ])("says of %s: %s", (path, expected) => {
    expect(isReadOnly(MOUNTS, path)).toBe(expected);
  });
});

describe("hostFactsOf", () => {
  it("says what is free, and why it cannot say", async () => {
    const folder = await tempFolder();
    const { disk, rssBytes, memory } = await hostFactsOf(folder);
    const gone = await hostFactsOf(join(folder, "not-there"));

    expect(disk?.freeBytes).toBeGreaterThan(0);
    expect(disk?.isReadOnly).toBe(false);
    expect(rssBytes).toBeGreaterThan(1_000_000);
    expect(memory === null || memory.totalBytes > memory.availableBytes).toBe(true);
    expect(gone).toMatchObject({ disk: null, diskTrouble: expect.stringContaining("not-there") });
  });

  it.skipIf(!maySmallDisk)("sees a disk fill", async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "disk"), 1);
    await mkdir(join(disk.folder, "data"));
    await disk.fill();

    expect((await hostFactsOf(disk.folder)).disk).toMatchObject({ freeBytes: 0, totalBytes: 1024 * 1024 });
  });
});
