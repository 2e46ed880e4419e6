import type { NewRecord, StoredRecord } from "./journal.ts";

/**
 * How records cross between the journal's worker and its owner: one buffer, transferred, not copied.
 * For each record: its number (f64), its class (u8), length of its topic (u16) and of its bytes (u32), topic, bytes.
 */
const HEADER_BYTES = 8 + 1 + 2 + 4;
const MAX_TOPIC_BYTES = 0xffff;
const NOTHING = new Uint8Array();

/** A record whose class is its place in the journal's list of classes. */
export interface PackedRecord {
  readonly n: number;
  readonly classIndex: number;
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** How many bytes a record takes up in the buffer. */
export const packedBytes = (topicBytes: number, bytes: number): number => HEADER_BYTES + topicBytes + bytes;

/** Packs records into one buffer that can be transferred. */
export function packRecords(records: readonly PackedRecord[]): ArrayBuffer {
  const sizes = records.map(({ topic }) => Buffer.byteLength(topic));
  const total = records.reduce((sum, { bytes }, i) => sum + packedBytes(sizes[i] ?? 0, bytes.length), 0);
  const packed = new ArrayBuffer(total);
  const buffer = Buffer.from(packed);
  let at = 0;
  records.forEach(({ n, classIndex, topic, bytes }, i) => {
    at = buffer.writeDoubleLE(n, at);
    at = buffer.writeUInt8(classIndex, at);
    at = buffer.writeUInt16LE(sizes[i] ?? 0, at);
    at = buffer.writeUInt32LE(bytes.length, at);
    at += buffer.write(topic, at, "utf8");
    buffer.set(bytes, at);
    at += bytes.length;
  });
  return packed;
}

/** Calls back for each packed record; its bytes share memory with the buffer. */
export function unpackRecords(packed: ArrayBuffer, take: (record: PackedRecord) => void): void {
  const buffer = Buffer.from(packed);
  let at = 0;
  while (at < buffer.length) {
    const n = buffer.readDoubleLE(at);
    const classIndex = buffer.readUInt8(at + 8);
    const topicEnd = at + HEADER_BYTES + buffer.readUInt16LE(at + 9);
    const end = topicEnd + buffer.readUInt32LE(at + 11);
    const topic = buffer.toString("utf8", at + HEADER_BYTES, topicEnd);
    take({ n, classIndex, topic, bytes: buffer.subarray(topicEnd, end) });
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
export function requirePackable({ topic }: Pick<NewRecord, "topic">): void {
  if (Buffer.byteLength(topic) > MAX_TOPIC_BYTES) throw new RangeError("a topic has at most 65,535 bytes");
}

/** The records of one class as `read` gives them. */
export function storedRecords(packed: ArrayBuffer, recordClass: string): StoredRecord[] {
  const records: StoredRecord[] = [];
  unpackRecords(packed, ({ n, topic, bytes }) => records.push({ n, recordClass, topic, bytes }));
  return records;
}
