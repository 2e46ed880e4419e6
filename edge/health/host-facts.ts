import { readFile, realpath, statfs } from "node:fs/promises";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";

/** The file system that a folder lies on. */
export interface DiskFacts {
  /** What this user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files that can still be made; null where the file system has no bound (btrfs, FAT). */
  readonly freeInodes: number | null;
  /** A card that fails is mounted read-only by the kernel. */
  readonly isReadOnly: boolean;
}

/** What the machine says of itself. */
export interface HostFacts {
  /** Null where it cannot be asked. */
  readonly disk: DiskFacts | null;
  /** Why there are no facts of the disk, or null. */
  readonly diskTrouble: string | null;
  /** Resident memory of this program. */
  readonly rssBytes: number;
  /** What programs may still take, of how much; null where the kernel does not say (`/proc/meminfo`). */
  readonly memory: { readonly availableBytes: number; readonly totalBytes: number } | null;
}

/** The newest facts of the machine; `now` never waits. */
export interface HostWatch extends Closer {
  now(): HostFacts;
}

/** A full disk is noticed before three rounds of the sensors have passed; asking costs one system call. */
const LOOK_EVERY_MS = 15_000;

/** Looks at the machine at the start and then four times a minute. */
export async function watchHost(folder: string, onError: (error: unknown) => void): Promise<HostWatch> {
  let facts = await hostFactsOf(folder);
  const looking = every(
    LOOK_EVERY_MS,
    async () => {
      facts = await hostFactsOf(folder);
    },
    onError,
  );
  return { now: () => facts, close: () => looking.close() };
}

/** Asks the machine now. Never rejects. */
export async function hostFactsOf(folder: string): Promise<HostFacts> {
  const [disk, memory] = await Promise.all([
    diskFactsOf(folder).catch((error: unknown) => messageOf(error)),
    readFile("/proc/meminfo", "utf8").then(parseMemory, () => null),
  ]);
  const isKnown = typeof disk !== "string";
  return {
    disk: isKnown ? disk : null,
    diskTrouble: isKnown ? null : disk,
    rssBytes: process.memoryUsage.rss(),
    memory,
  };
}

async function diskFactsOf(folder: string): Promise<DiskFacts> {
  const [{ bavail, blocks, bsize, files, ffree }, mounts, path] = await Promise.all([
    statfs(folder),
    readFile("/proc/self/mountinfo", "utf8").catch(() => ""),
    realpath(folder),
  ]);
  return {
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
    freeInodes: files > 0 ? ffree : null,
    isReadOnly: isReadOnly(mounts, path),
  };
}

/** `emergency_ro` is what kernels since 6.14 say of an ext4 that they stopped after an error. */
const READ_ONLY: ReadonlySet<string> = new Set(["ro", "emergency_ro"]);

/**
 * Whether the file system of a path is mounted read-only, by `/proc/self/mountinfo` (proc_pid_mountinfo(5): the fifth
 * field is the mount point, the sixth its options; behind a lonely `-` come type, source and the file system's options).
 */
export function isReadOnly(mountinfo: string, path: string): boolean {
  let longest = -1;
  let answer = false;
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , , rawPoint, options = ""] = before.split(" ");
    if (rawPoint === undefined) continue;
    // Spaces and the like are written as octal numbers.
    const point = rawPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isAbove = path === point || path.startsWith(point.endsWith("/") ? point : `${point}/`);
    // Of two mounts on the same point the later one lies above.
    if (!isAbove || point.length < longest) continue;
    longest = point.length;
    answer = `${options},${after.split(" ")[2] ?? ""}`.split(",").some((option) => READ_ONLY.has(option));
  }
  return answer;
}

function parseMemory(text: string): HostFacts["memory"] {
  const bytesOf = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN) * 1024;
  const [availableBytes, totalBytes] = [bytesOf("MemAvailable"), bytesOf("MemTotal")];
  return Number.isFinite(availableBytes) && Number.isFinite(totalBytes) ? { availableBytes, totalBytes } : null;
}
