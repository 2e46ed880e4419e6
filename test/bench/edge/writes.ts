import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "#journal/sqlite-journal.ts";
import { wait } from "#kit/wait.ts";
import { OUTBOX_PAGE_BYTES } from "../../../edge/outbox/journal-outbox.ts";

/** What the kernel counts for this process while a round is kept, acknowledged and settled. */
export interface Writes {
  readonly what: string;
  readonly pageBytes: number;
  readonly bytesARound: number;
  readonly perPayloadByte: number;
}

/** A device's usual messages, in bytes. */
const READING_BYTES = 235;
const HEALTH_BYTES = 600;
const ROUNDS = 20;
/** The journal settles cursors twice a second. */
const SETTLED_MS = 1_200;
const CLASSES = ["reading", "health"] as const;

/** `write_bytes` of proc(5): what this process caused to be sent to the disk; 0 on a file system in memory. */
async function writtenBytes(): Promise<number> {
  return Number(/^write_bytes: (\d+)/m.exec(await readFile("/proc/self/io", "utf8"))?.[1]);
}

async function measureRounds(what: string, pageBytes: number, sizes: readonly number[]): Promise<Writes> {
  const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-writes-"));
  const readers = { uplink: CLASSES };
  const journal = await openJournal({ file: join(folder, "outbox.sqlite"), pageBytes, classes: CLASSES, readers });
  const round = async () => {
    for (const [i, size] of sizes.entries()) {
      const recordClass = CLASSES[i] ?? "reading";
      const [n = 0] = await journal.append([{ recordClass, topic: recordClass, bytes: Buffer.alloc(size, "x") }]);
      journal.advance("uplink", recordClass, n);
    }
    await wait(SETTLED_MS);
  };
  try {
    await round();
    const before = await writtenBytes();
    for (let i = 0; i < ROUNDS; i++) await round();
    const bytesARound = ((await writtenBytes()) - before) / ROUNDS;
    const payload = sizes.reduce((sum, size) => sum + size, 0);
    return { what, pageBytes, bytesARound, perPayloadByte: bytesARound / payload };
  } finally {
    await journal.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A round of one reading, and of a reading and a health message, with the outbox's pages and with SQLite's own. */
export async function measureWrites(): Promise<Writes[]> {
  const measured: Writes[] = [];
  for (const pageBytes of [4096, OUTBOX_PAGE_BYTES]) {
    measured.push(await measureRounds("a reading", pageBytes, [READING_BYTES]));
    measured.push(await measureRounds("a reading and health", pageBytes, [READING_BYTES, HEALTH_BYTES]));
  }
  return measured;
}
