import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** Bytes that were written; null: it cannot be told. */
export interface WriteCounters {
  /** By this program, since its start. */
  readonly ownBytes: number | null;
  /** To the whole card (or disk) of the data folder by everybody, since the machine was started. */
  readonly cardBytes: number | null;
}

/** Where it is counted. */
export interface WriteSources {
  /** The kernel's account of this process. */
  readonly ioFile: string;
  /** The kernel's `/sys`. */
  readonly sysDir: string;
  /** The folder whose card is meant. */
  readonly dataDir: string;
}

/** /sys/block/…/stat counts sectors of 512 bytes, whatever the device's own are (Documentation/block/stat.rst). */
const SECTOR_BYTES = 512;
/** `write sectors`, the seventh of its numbers. */
const WRITE_SECTORS = 6;

/** Reads the kernel's counters; never rejects. */
export async function readWriteCounters({ ioFile, sysDir, dataDir }: WriteSources): Promise<WriteCounters> {
  const [io, card] = await Promise.all([textOf(ioFile), cardStat(sysDir, dataDir)]);
  const sectors = Number(card?.trim().split(/\s+/)[WRITE_SECTORS]);
  return { ownBytes: ownBytesIn(io), cardBytes: Number.isSafeInteger(sectors) ? sectors * SECTOR_BYTES : null };
}

/** proc_pid_io(5): `write_bytes` is what the process sent to the storage, less what was taken back before it got there. */
function ownBytesIn(io: string | undefined): number | null {
  const written = /^write_bytes: (\d+)$/m.exec(io ?? "")?.[1];
  if (written === undefined) return null;
  const cancelled = /^cancelled_write_bytes: (\d+)$/m.exec(io ?? "")?.[1] ?? "0";
  return Math.max(0, Number(written) - Number(cancelled));
}

/** A partition's writes wear the whole card, so its parent is asked. None for a folder in memory or on an overlay. */
async function cardStat(sysDir: string, dataDir: string): Promise<string | undefined> {
  const folder = await stat(dataDir, { bigint: true }).catch(() => undefined);
  if (folder === undefined) return undefined;
  const device = join(sysDir, "dev", "block", deviceName(folder.dev));
  const isPartition = (await textOf(join(device, "partition"))) !== undefined;
  // Not `join`: the device is a symbolic link, and its parent is meant, not the link's.
  return await textOf(isPartition ? `${device}/../stat` : `${device}/stat`);
}

/** `major:minor` (makedev(3) of glibc). */
export function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

async function textOf(file: string): Promise<string | undefined> {
  return await readFile(file, "latin1").catch(() => undefined);
}
