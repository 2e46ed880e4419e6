import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { syncFolder } from "#kit/durable-file.ts";
import { codeOf } from "#kit/errors.ts";
import {
  BODY_BYTES,
  decodeBody,
  decodeHead,
  encodeRecord,
  HEAD_BYTES,
  type Head,
  type SeenPhoto,
} from "./seen-record.ts";
import type { WordBit } from "./words.ts";

/** The marks of committed photos on disk: a ring, so the oldest gives way to the newest. */
export interface SeenFile {
  /** The heads that are whole, in no order. */
  heads(): AsyncIterable<Head>;
  /** Resolves when the record is on disk in the place of the one that is `slots` older. */
  write(record: Uint8Array): Promise<void>;
  /** The photo of a head; undefined where it was damaged or replaced since. */
  read(head: Pick<Head, "number" | "words" | "bodyCrc">): Promise<SeenPhoto | undefined>;
  close(): Promise<void>;
}

const MAGIC = "dvseen1\n";
const TITLE_BYTES = 16;
const HEADS_AT_ONCE = 512;

/** Where a photo's number lies in the ring. */
export const slotOf = (number: number, slots: number): number => (number - 1) % slots;

/**
 * Opens the file, or begins it. Where the number of slots was changed, the newest photos move to a new file first. One that is
 * not ours, or whose words were made with other bits, cannot be compared with: it is begun anew and `onBegunAnew` hears of it.
 */
export async function openSeenFile(
  path: string,
  slots: number,
  bits: readonly WordBit[],
  onBegunAnew: () => void,
): Promise<SeenFile> {
  await mkdir(dirname(path), { recursive: true });
  const bitsCrc = crc32(JSON.stringify(bits));
  const handle = await open(path, "r+").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return await begin(path, slots, bitsCrc);
  const title = Buffer.alloc(TITLE_BYTES);
  await handle.read(title, 0, TITLE_BYTES, 0);
  const kept = title.readUInt32LE(8);
  const isOurs = title.toString("latin1", 0, 8) === MAGIC && title.readUInt32LE(12) === bitsCrc && kept > 0;
  if (isOurs && kept === slots) return overFile(handle, slots);
  try {
    if (!isOurs) onBegunAnew();
    return await moveTo(path, slots, bitsCrc, isOurs ? overFile(handle, kept) : undefined);
  } finally {
    await handle.close();
  }
}

async function begin(path: string, slots: number, bitsCrc: number): Promise<SeenFile> {
  const title = Buffer.alloc(TITLE_BYTES);
  title.write(MAGIC, "latin1");
  title.writeUInt32LE(slots, 8);
  title.writeUInt32LE(bitsCrc, 12);
  const handle = await open(path, "w+");
  await handle.write(title, 0, TITLE_BYTES, 0);
  await handle.sync();
  await syncFolder(dirname(path));
  return overFile(handle, slots);
}

async function moveTo(path: string, slots: number, bitsCrc: number, old: SeenFile | undefined): Promise<SeenFile> {
  const temporary = `${path}.tmp`;
  const moved = await begin(temporary, slots, bitsCrc);
  if (old !== undefined) {
    const heads: Head[] = [];
    for await (const head of old.heads()) heads.push(head);
    heads.sort((a, b) => a.number - b.number);
    for (const head of heads.slice(-slots)) {
      const photo = await old.read(head);
      if (photo !== undefined) await moved.write(encodeRecord(head.number, photo));
    }
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
  return moved;
}

function overFile(handle: FileHandle, slots: number): SeenFile {
  const headAt = (slot: number) => TITLE_BYTES + slot * HEAD_BYTES;
  const bodyAt = (slot: number) => headAt(slots) + slot * BODY_BYTES;
  return {
    heads: async function* () {
      const bytes = Buffer.alloc(HEADS_AT_ONCE * HEAD_BYTES);
      for (let slot = 0; slot < slots; slot += HEADS_AT_ONCE) {
        const length = Math.min(HEADS_AT_ONCE, slots - slot) * HEAD_BYTES;
        const { bytesRead } = await handle.read(bytes, 0, length, headAt(slot));
        for (let at = 0; at + HEAD_BYTES <= bytesRead; at += HEAD_BYTES) {
          const head = decodeHead(bytes.subarray(at, at + HEAD_BYTES));
          if (head !== undefined) yield head;
        }
        if (bytesRead < length) return;
      }
    },
    write: async (record) => {
      const slot = slotOf(Buffer.from(record.buffer, record.byteOffset).readUInt32LE(0), slots);
      // A head whose body is not there yet, or not the one it names, counts for nothing: the order does not matter.
      await handle.write(record, HEAD_BYTES, BODY_BYTES, bodyAt(slot));
      await handle.write(record, 0, HEAD_BYTES, headAt(slot));
      await handle.datasync();
    },
    read: async (head) => {
      const body = Buffer.alloc(BODY_BYTES);
      const { bytesRead } = await handle.read(body, 0, BODY_BYTES, bodyAt(slotOf(head.number, slots)));
      return bytesRead === BODY_BYTES ? decodeBody(body, head) : undefined;
    },
    close: () => handle.close(),
  };
}
