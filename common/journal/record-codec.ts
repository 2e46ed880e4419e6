import { RECORD_OVERHEAD_BYTES, recordBytes } from "./budget.ts";
import type { NewRecord, StoredRecord } from "./journal.ts";

/**
 * How records cross between the journal's worker and its owner: one buffer, transferred, not copied.
 * For each record: its number (f64), its class (u8), length of its topic (u16), of its group's key (u8) and of its bytes
 * (u32), topic, key, bytes.
 */
const HEADER_BYTES = 8 + 1 + 2 + 1 + 4;
const MAX_TOPIC_BYTES = 0xffff;
const MAX_GROUP_BYTES = 0xff;
const NOTHING = new Uint8Array();

/** What of a record is packed besides its number and class. */
type Packable = Pick<PackedRecord, "topic" | "group" | "bytes">;

/** A record whose class is its place in the journal's list of classes. */
export interface PackedRecord {
  readonly n: number;
  readonly classIndex: number;
  readonly topic: string;
  readonly group?: string | undefined;
  readonly bytes: Uint8Array;
}

/** How many bytes a record without a group takes up in the buffer. */
export const packedBytes = (topicBytes: number, bytes: number): number => HEADER_BYTES + topicBytes + bytes;

/** What packed records count in a budget, but for keys of groups. */
export const budgetBytesOf = (packed: ArrayBuffer, records: number): number =>
  packed.byteLength + records * (RECORD_OVERHEAD_BYTES - HEADER_BYTES);

const FIRST_BYTES = 16 * 1024;
/** UTF-16 code units never take more bytes than this in UTF-8. */
const MOST_BYTES_PER_UNIT = 3;

/** Packs records, one after the other, into one buffer that can be transferred. */
export class RecordPacker {
  #packed = new ArrayBuffer(0);
  #buffer = Buffer.from(this.#packed);
  #used = 0;

  get usedBytes(): number {
    return this.#used;
  }

  /** Adds a record; its bytes are copied. */
  add(n: number, classIndex: number, { topic, group = "", bytes }: Packable): void {
    this.#reserve(HEADER_BYTES + (topic.length + group.length) * MOST_BYTES_PER_UNIT + bytes.length);
    const buffer = this.#buffer;
    const topicAt = this.#used + HEADER_BYTES;
    const groupAt = topicAt + buffer.write(topic, topicAt, "utf8");
    const bytesAt = group === "" ? groupAt : groupAt + buffer.write(group, groupAt, "utf8");
    buffer.writeDoubleLE(n, this.#used);
    buffer.writeUInt8(classIndex, this.#used + 8);
    buffer.writeUInt16LE(groupAt - topicAt, this.#used + 9);
    buffer.writeUInt8(bytesAt - groupAt, this.#used + 11);
    buffer.writeUInt32LE(bytes.length, this.#used + 12);
    buffer.set(bytes, bytesAt);
    this.#used = bytesAt + bytes.length;
  }

  /** What was packed so far; begins anew. */
  take(): ArrayBuffer {
    const packed = this.#packed.transfer(this.#used);
    this.#resize(0);
    this.#used = 0;
    return packed;
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#buffer.length) return;
    this.#resize(Math.max(needed, this.#buffer.length * 2, FIRST_BYTES));
  }

  /** What it had before is freed at once, without waiting for the collector. */
  #resize(bytes: number): void {
    this.#packed = this.#packed.detached ? new ArrayBuffer(bytes) : this.#packed.transfer(bytes);
    this.#buffer = Buffer.from(this.#packed);
  }
}

/** Packs records into one buffer that can be transferred. */
export function packRecords(records: readonly PackedRecord[]): ArrayBuffer {
  const packer = new RecordPacker();
  for (const record of records) packer.add(record.n, record.classIndex, record);
  return packer.take();
}

/** Calls back for each packed record with what it counts in a budget; its bytes share memory with the buffer. */
export function unpackRecords(packed: ArrayBuffer, take: (record: PackedRecord, size: number) => void): void {
  const buffer = Buffer.from(packed);
  let at = 0;
  while (at < buffer.length) {
    const n = buffer.readDoubleLE(at);
    const classIndex = buffer.readUInt8(at + 8);
    const topicBytes = buffer.readUInt16LE(at + 9);
    const groupBytes = buffer.readUInt8(at + 11);
    const topicEnd = at + HEADER_BYTES + topicBytes;
    const groupEnd = topicEnd + groupBytes;
    const end = groupEnd + buffer.readUInt32LE(at + 12);
    const topic = buffer.toString("utf8", at + HEADER_BYTES, topicEnd);
    const group = groupBytes === 0 ? undefined : buffer.toString("utf8", topicEnd, groupEnd);
    const size = recordBytes(topicBytes, end - groupEnd, groupBytes);
    take({ n, classIndex, topic, group, bytes: buffer.subarray(groupEnd, end) }, size);
    at = end;
  }
}

/** Packs what is to be kept under names; null takes away. */
export const packKept = (kept: Iterable<readonly [name: string, bytes: Uint8Array | null]>): ArrayBuffer =>
  packRecords(
    [...kept].map(([topic, bytes]) => ({ n: 0, classIndex: bytes === null ? 1 : 0, topic, bytes: bytes ?? NOTHING })),
  );

/** Reads what `packKept` packed. */
export function unpackKept(packed: ArrayBuffer, take: (name: string, bytes: Uint8Array | null) => void): void {
  unpackRecords(packed, ({ classIndex, topic, bytes }) => take(topic, classIndex === 1 ? null : bytes));
}

/** Throws a RangeError for a record that has no place in the buffer. */
export function requirePackable({ topic, group }: Pick<NewRecord, "topic" | "group">): void {
  const mayBeLong = topic.length * MOST_BYTES_PER_UNIT > MAX_TOPIC_BYTES;
  if (mayBeLong && Buffer.byteLength(topic) > MAX_TOPIC_BYTES) throw new RangeError("a topic has at most 65,535 bytes");
  if (group === "" || (group !== undefined && Buffer.byteLength(group) > MAX_GROUP_BYTES)) {
    throw new RangeError("the key of a group has 1 to 255 bytes");
  }
}

/** The records of one class as `read` gives them. */
export function storedRecords(packed: ArrayBuffer, recordClass: string): StoredRecord[] {
  const records: StoredRecord[] = [];
  unpackRecords(packed, ({ n, topic, bytes }) => records.push({ n, recordClass, topic, bytes }));
  return records;
}
