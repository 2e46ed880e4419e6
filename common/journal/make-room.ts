import type { StatementSync } from "node:sqlite";
import { type Ranges, unite } from "#kit/ranges.ts";
import { bytesToDrop, bytesTooMany, type GapWriter, type Loss, MAX_GAP_RANGES, recordBytes } from "./budget.ts";
import type { ClassTable } from "./class-table.ts";
import type { StoredRecord } from "./journal.ts";

/**
 * More of a group does not go with one record: a photo has at most 1,024 chunks of 32 KiB. What is left of a larger one goes
 * when its turn comes, so that nobody waits long for an append because a device sends groups without end.
 */
const GROUP_RECORDS = 2_048;
const GROUP_BYTES = 40 * 1024 * 1024;

/** What one class holds, and up to where it has been cleared since the file was opened. */
export interface Holding {
  pending: number;
  bytes: number;
  oldest: number | null;
  clearedTo: number;
}

/** What making room works on, all within one transaction. */
export interface RoomParts {
  readonly classes: readonly string[];
  readonly tables: readonly ClassTable[];
  /** Changed to what is left. */
  readonly holdings: readonly Holding[];
  readonly budgetBytes: number;
  /** In bytes, by class. */
  readonly shares: readonly number[];
  readonly gapClass: string;
  readonly incoming: readonly number[];
  readonly writer: GapWriter;
}

/** What making room did. */
export interface RoomMade {
  /** Records that each class has lost; gaps that others replace do not count. */
  readonly dropped: readonly number[];
  /** The gaps that are to be appended now, each with its key. */
  readonly gaps: readonly Loss[];
}

/** Deletes what has to go and says which gaps are owed for it. What every reader has passed must be cleared before. */
export function makeRoom(parts: RoomParts): RoomMade {
  const { holdings, budgetBytes, shares, incoming, writer } = parts;
  const lost = new LossBook();
  const dropped = holdings.map(() => 0);
  const bytesOf = (i: number) => ({
    held: holdings[i]?.bytes ?? 0,
    incoming: incoming[i] ?? 0,
    share: shares[i] ?? 0,
  });
  let tooMany = bytesTooMany(
    budgetBytes,
    holdings.map((_, i) => bytesOf(i)),
  );
  for (let i = holdings.length - 1; i >= 0 && tooMany > 0; i -= 1) {
    const wanted = bytesToDrop(bytesOf(i), tooMany);
    const gone = dropOldest(parts, i, wanted, (record) => lost.add(writer.lossesOf(record)));
    dropped[i] = gone.records;
    tooMany -= gone.bytes;
  }
  takeUpPendingGaps(parts, lost);
  return {
    dropped,
    gaps: [...lost.keys].flatMap((key) => pieces(lost.rangesOf(key)).map((ranges) => ({ key, ranges }))),
  };
}

interface Gone {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Drops the oldest records of a class and, with each of them, the rest of its group; gaps stay. The rest counts at once, so
 * no more groups are begun than are needed. One record is in memory at a time.
 */
function dropOldest(
  { classes, tables, holdings, gapClass }: RoomParts,
  classIndex: number,
  wanted: number,
  tell: (record: StoredRecord) => void,
): Gone {
  const [table, holding] = [tables[classIndex], holdings[classIndex]];
  const recordClass = classes[classIndex];
  if (table === undefined || holding === undefined || recordClass === undefined || wanted <= 0) {
    return { records: 0, bytes: 0 };
  }
  const hasGaps = recordClass === gapClass;
  const rests = new GroupRests(table);
  let last = 0;
  let records = 0;
  let bytes = 0;
  const take = (row: Row): ReturnType<typeof recordOf> => {
    const record = recordOf(row, recordClass);
    records += 1;
    bytes += record.size;
    tell(record);
    return record;
  };
  for (const row of (hasGaps ? table.eldestUngrouped : table.eldest).iterate()) {
    const { n, group, size } = take(row);
    last = n;
    if (group !== undefined) rests.met(group, n, size);
    if (bytes + rests.bytes >= wanted) break;
  }
  for (const row of rests.rowsAfter(last)) table.remove.run(take(row).n);
  (hasGaps ? table.removeUngroupedUpTo : table.removeUpTo).run(last);
  removeFrom(holding, table, records, bytes);
  return { records, bytes };
}

/** What of the groups that a walk from the oldest has met is still to go with them. */
class GroupRests {
  readonly #table: ClassTable;
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  constructor(table: ClassTable) {
    this.#table = table;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Notes that the walk has taken this record of a group: the rest of the group is owed from its first one on. */
  met(group: string, n: number, size: number): void {
    const known = this.#bytesOf.get(group);
    const rest = known === undefined ? this.#bytesAfter(group, n) : Math.max(0, known - size);
    this.#bytesOf.set(group, rest);
    this.#bytes += rest - (known ?? 0);
  }

  /** The rest of each group above the walk's last number, one row at a time; each may be removed when it comes. */
  *rowsAfter(last: number): Generator<Row> {
    for (const group of this.#bytesOf.keys()) {
      let left = GROUP_BYTES;
      for (const { n = null } of this.#table.groupNumbersAfter.all(group, last, GROUP_RECORDS)) {
        const row = left > 0 ? this.#table.one.get(n) : undefined;
        if (row === undefined) break;
        left -= row.bytes instanceof Uint8Array ? row.bytes.length : 0;
        yield row;
      }
    }
  }

  #bytesAfter(group: string, n: number): number {
    const bytes = Number(this.#table.groupBytesAfter.get(group, n, GROUP_RECORDS)?.bytes ?? 0);
    return Math.min(bytes, GROUP_BYTES);
  }
}

/** A gap that is still pending and has room is replaced by the one that is owed now: it says both. */
function takeUpPendingGaps({ classes, tables, holdings, gapClass, writer }: RoomParts, lost: LossBook): void {
  const i = classes.indexOf(gapClass);
  const [table, holding] = [tables[i], holdings[i]];
  if (table === undefined || holding === undefined) return;
  // A gap's own number is a loss too, perhaps under another key: the keys grow while this runs.
  for (const key of lost.keys) {
    const row = table.newestOfGroup.get(key);
    if (row === undefined) continue;
    const { size, ...gap } = recordOf(row, gapClass);
    const losses = writer.lossesOf(gap);
    const said = losses.filter((loss) => loss.key === key).flatMap(({ ranges }) => ranges);
    if (said.length >= MAX_GAP_RANGES) continue;
    lost.add(losses);
    table.remove.run(gap.n);
    removeFrom(holding, table, 1, size);
  }
}

type Row = NonNullable<ReturnType<StatementSync["get"]>>;

/** A row of a class as the record that it is, and what it counts. */
export function recordOf(row: Row, recordClass: string): StoredRecord & { readonly size: number } {
  const topic = String(row.topic);
  const bytes = row.bytes instanceof Uint8Array ? row.bytes : new Uint8Array();
  const group = typeof row.group_key === "string" ? row.group_key : undefined;
  return {
    n: Number(row.n),
    recordClass,
    topic,
    bytes,
    ...(group === undefined ? {} : { group }),
    size: recordBytes(Buffer.byteLength(topic), bytes.length, group === undefined ? 0 : Buffer.byteLength(group)),
  };
}

function removeFrom(holding: Holding, table: ClassTable, records: number, bytes: number): void {
  holding.pending -= records;
  holding.bytes -= bytes;
  const oldest = table.oldest.get()?.n;
  holding.oldest = typeof oldest === "number" ? oldest : null;
}

function pieces(ranges: Ranges): Ranges[] {
  const count = Math.ceil(ranges.length / MAX_GAP_RANGES);
  return Array.from({ length: count }, (_, i) => ranges.slice(i * MAX_GAP_RANGES, (i + 1) * MAX_GAP_RANGES));
}

/** Lost numbers by the key of their gap. */
class LossBook {
  readonly #pages = new Map<string, [first: number, last: number][]>();

  /** Live: keys that are added during a walk come in it. */
  get keys(): Iterable<string> {
    return { [Symbol.iterator]: () => this.#pages.keys() };
  }

  add(losses: readonly Loss[]): void {
    for (const { key, ranges } of losses) {
      const page = this.#pages.get(key) ?? [];
      if (page.length === 0) this.#pages.set(key, page);
      for (const [first, last] of ranges) {
        const top = page.at(-1);
        if (top !== undefined && first === top[1] + 1) top[1] = last;
        else page.push([first, last]);
      }
    }
  }

  rangesOf(key: string): Ranges {
    return unite([], this.#pages.get(key) ?? []);
  }
}
