import type { NewRecord } from "#journal/journal.ts";

/** A chunk's line of JSON is some 300 bytes; a longer one is looked at no further. */
const HEADER_BYTES = 1_024;
const NEWLINE = 0x0a;
const SHA = /"sha":"([0-9a-f]{64})"/;

/** A durable message as the journal takes it: the chunks of one photo of one device are a group. */
export function recordOf(recordClass: string, topic: string, bytes: Uint8Array): NewRecord {
  const group = recordClass === "chunk" ? photoGroupOf(topic, bytes) : undefined;
  return group === undefined ? { recordClass, topic, bytes } : { recordClass, topic, bytes, group };
}

/** The photo that a chunk belongs to, from its line of JSON alone; undefined where that does not say it. */
function photoGroupOf(topic: string, bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, HEADER_BYTES);
  const end = head.indexOf(NEWLINE);
  if (end < 0) return undefined;
  const sha = SHA.exec(Buffer.from(head.buffer, head.byteOffset, end).toString("latin1"))?.[1];
  return sha === undefined ? undefined : `${topic} ${sha}`;
}
