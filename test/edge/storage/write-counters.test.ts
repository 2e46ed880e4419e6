import { mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deviceName, readWriteCounters } from "../../../edge/storage/write-counters.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const IO = `rchar: 323934931
wchar: 323929600
syscr: 632687
syscw: 632675
read_bytes: 0
write_bytes: 323932160
cancelled_write_bytes: 932160
`;
const DISK = "    1 2 3 4 5 6 2000 8 9 10 11 12 13 14 15 16 17\n";
const PARTITION = "    1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";

describe("readWriteCounters", () => {
  it("reads what this process and what everybody wrote to the card that holds the folder, whole, not the partition", async () => {
    const dataDir = await tempFolder();
    const sysDir = join(dataDir, "sys");
    const ioFile = join(dataDir, "io");
    const partition = join(sysDir, "devices", "mmc0", "mmcblk0", "mmcblk0p2");
    await mkdir(partition, { recursive: true });
    await mkdir(join(sysDir, "dev", "block"), { recursive: true });
    await writeFile(ioFile, IO);
    await writeFile(join(partition, "partition"), "2\n");
    await writeFile(join(partition, "stat"), PARTITION);
    await writeFile(join(partition, "..", "stat"), DISK);
    const { dev } = await stat(dataDir, { bigint: true });
    await symlink(partition, join(sysDir, "dev", "block", deviceName(dev)));

    expect(await readWriteCounters({ ioFile, sysDir, dataDir })).toEqual({
      ownBytes: 323_000_000,
      cardBytes: 1_024_000,
    });
  });

  it("tells nothing of what is not there, or is nonsense", async () => {
    const dataDir = await tempFolder();
    const ioFile = join(dataDir, "io");
    await writeFile(ioFile, "write_bytes: many\n");

    const nothing = { ownBytes: null, cardBytes: null };
    expect(await readWriteCounters({ ioFile, sysDir: "/no/such", dataDir })).toEqual(nothing);
    expect(await readWriteCounters({ ioFile: "/no/such", sysDir: "/no/such", dataDir: "/no/such" })).toEqual(nothing);
  });

  it("names a device as the kernel does", () => {
    expect(deviceName(0xb302n)).toBe("179:2");
    expect(deviceName(0xfe00n)).toBe("254:0");
    expect(deviceName(((0x12345n << 20n) << 12n) | 0xab3_00_54n)).toMatch(/^\d+:\d+$/);
  });
});
