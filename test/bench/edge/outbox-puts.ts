import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import type { Closer } from "#kit/closer.ts";
import { openJournalOutbox, UPLINK_READER } from "../../../edge/outbox/journal-outbox.ts";
import type { NewReading } from "../../../edge/outbox/new-message.ts";
import { percentile } from "../percentile.ts";

/** Messages a second with everything synced. */
export interface PutRate {
  readonly way: string;
  readonly perSecond: number;
}

const aReading = (i: number): NewReading => ({
  v: 1,
  at: 1_790_000_000_000 + i,
  clock: "ntp",
  boot: "9d41e6b2c8f7035a1b6e4d20",
  up: i,
  kind: "reading",
  sensor: "sds011",
  model: "sds011",
  samples: [{ at: 1_790_000_000_000 + i, up: i, values: { pm25: 12.5, pm10: 20 } }],
});

/** One way to put messages; gives how many it has put. */
interface Way {
  readonly way: string;
  readonly put: () => Promise<number>;
}

async function perSecondOf({ put }: Way, forMs: number): Promise<number> {
  await put();
  const start = performance.now();
  let messages = 0;
  while (performance.now() - start < forMs) messages += await put();
  return (messages * 1000) / (performance.now() - start);
}

/** Ways to keep a message in a folder on disk, each synced: a plain file, a plain SQLite, and the outbox. */
async function openWays(folder: string, batches: readonly number[]): Promise<Closer & { readonly ways: Way[] }> {
  const bytes = Buffer.from(JSON.stringify(aReading(1)));
  const file = await open(join(folder, "plain"), "a");
  const sql = new DatabaseSync(join(folder, "plain.sqlite"));
  sql.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER PRIMARY KEY, bytes BLOB)");
  const insert = sql.prepare("INSERT INTO t (bytes) VALUES (?)");
  const journal = await openJournal({
    file: join(folder, "outbox.sqlite"),
    classes: RECORD_CLASSES,
    readers: { [UPLINK_READER]: RECORD_CLASSES },
  });
  const address = { tenant: "demo", device: "post-1" };
  const outbox = openJournalOutbox(journal, address, randomBytes(12).toString("hex"));
  const appendToFile = async () => {
    await file.appendFile(bytes);
    await file.datasync();
    return 1;
  };
  const insertOne = async () => {
    insert.run(bytes);
    return 1;
  };
  const appendBatch = (size: number) => async () => {
    await outbox.append(Array.from({ length: size }, (_, i) => aReading(i)));
    return size;
  };
  const appendTogether = async () => {
    await Promise.all(Array.from({ length: 64 }, (_, i) => outbox.append([aReading(i)])));
    return 64;
  };
  return {
    ways: [
      { way: "a file: append and fdatasync", put: appendToFile },
      { way: "SQLite: an insert a commit", put: insertOne },
      ...batches.map((size) => ({ way: `our outbox: ${size} in an append`, put: appendBatch(size) })),
      { way: "our outbox: 64 appends of one at the same time", put: appendTogether },
    ],
    close: async () => {
      await outbox.close();
      sql.close();
      await file.close();
    },
  };
}

/** Medians of rounds, in each of them all ways in turn, each for so long. */
export async function measurePuts(
  folder: string,
  { forMs, rounds, batches }: { readonly forMs: number; readonly rounds: number; readonly batches: readonly number[] },
): Promise<PutRate[]> {
  const { ways, close } = await openWays(folder, batches);
  const seen = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of ways.entries()) seen[i]?.push(await perSecondOf(way, forMs));
  }
  await close();
  return ways.map(({ way }, i) => ({ way, perSecond: Math.round(percentile(seen[i] ?? [], 50)) }));
}
