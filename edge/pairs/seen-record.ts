import { crc32 } from "node:zlib";
import { THUMB_PX } from "./photo-marks.ts";
import { KEPT_WORDS, type KeptMarks } from "./repeats.ts";

/** A photo whose visit is committed. */
export interface SeenPhoto {
  /** SHA-256 of its bytes in hex. */
  readonly sha: string;
  readonly marks: KeptMarks;
}

const SHA_BYTES = 32;
const WORDS_BYTES = KEPT_WORDS * 2;
const SPOTS_BYTES = KEPT_WORDS * 3;
/** number u32, how many words u32, words, CRC of the body u32, CRC of all before u32. */
export const HEAD_BYTES = 8 + WORDS_BYTES + 8;
/** SHA-256, width u16, height u16, spots, thumb. */
export const BODY_BYTES = SHA_BYTES + 4 + SPOTS_BYTES + THUMB_PX ** 2;
export const RECORD_BYTES = HEAD_BYTES + BODY_BYTES;

/** What is looked through for each photo; the rest is read where it looks alike. */
export interface Head {
  readonly number: number;
  readonly words: Uint16Array;
  readonly bodyCrc: number;
}

/** A photo's record: head and body. Numbers begin with 1. */
export function encodeRecord(number: number, { sha, marks }: SeenPhoto): Uint8Array {
  const record = Buffer.alloc(RECORD_BYTES);
  const body = record.subarray(HEAD_BYTES);
  body.write(sha, 0, "hex");
  body.writeUInt16LE(marks.widthPx, SHA_BYTES);
  body.writeUInt16LE(marks.heightPx, SHA_BYTES + 2);
  body.set(marks.spots, SHA_BYTES + 4);
  body.set(marks.thumb, SHA_BYTES + 4 + SPOTS_BYTES);
  record.writeUInt32LE(number, 0);
  record.writeUInt32LE(marks.words.length, 4);
  for (const [i, word] of marks.words.entries()) record.writeUInt16LE(word, 8 + i * 2);
  record.writeUInt32LE(crc32(body), 8 + WORDS_BYTES);
  record.writeUInt32LE(crc32(record.subarray(0, HEAD_BYTES - 4)), HEAD_BYTES - 4);
  return record;
}

/** The photo of a whole record; undefined where it is not whole. */
export function decodeRecord(record: Buffer): SeenPhoto | undefined {
  const head = record.length === RECORD_BYTES ? decodeHead(record) : undefined;
  return head && decodeBody(record.subarray(HEAD_BYTES), head);
}

/** The head at the beginning of these bytes; undefined where none was written, or only half of one. */
export function decodeHead(bytes: Buffer): Head | undefined {
  const number = bytes.readUInt32LE(0);
  if (number === 0 || crc32(bytes.subarray(0, HEAD_BYTES - 4)) !== bytes.readUInt32LE(HEAD_BYTES - 4)) return undefined;
  const count = Math.min(bytes.readUInt32LE(4), KEPT_WORDS);
  const words = Uint16Array.from({ length: count }, (_, i) => bytes.readUInt16LE(8 + i * 2));
  return { number, words, bodyCrc: bytes.readUInt32LE(8 + WORDS_BYTES) };
}

/** The photo of a head; undefined where the body is not the one that was written with it. */
export function decodeBody(body: Buffer, { words, bodyCrc }: Pick<Head, "words" | "bodyCrc">): SeenPhoto | undefined {
  if (body.length !== BODY_BYTES || crc32(body) !== bodyCrc) return undefined;
  const spotsAt = SHA_BYTES + 4;
  return {
    sha: body.toString("hex", 0, SHA_BYTES),
    marks: {
      widthPx: body.readUInt16LE(SHA_BYTES),
      heightPx: body.readUInt16LE(SHA_BYTES + 2),
      words,
      spots: body.subarray(spotsAt, spotsAt + words.length * 3),
      thumb: body.subarray(spotsAt + SPOTS_BYTES),
    },
  };
}
