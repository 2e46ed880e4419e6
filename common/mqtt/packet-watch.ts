import { PACKET } from "./packet-types.ts";

/** A packet that is longer than allowed; `topic` is undefined where it is no PUBLISH, or its topic is longer than any. */
export interface TooLarge {
  readonly packetBytes: number;
  readonly topic: string | undefined;
}

/** No topic of ours comes near it. */
const MAX_TOPIC_BYTES = 512;
/** Type, four digits of length, two of the topic's length, the topic. */
const MAX_START_BYTES = 7 + MAX_TOPIC_BYTES;

/**
 * Watches a stream of MQTT packets for one that is too large, for a client whose own parser gathers whatever is promised
 * to it (MQTT.js: up to 256 MB). Gives the answer from the packet's first bytes and holds no more than those; after an
 * answer it must not be asked again. Bytes that are no MQTT are left to the parser.
 */
export function watchPackets(maxPacketBytes: number): (chunk: Uint8Array) => TooLarge | undefined {
  let start: number[] = [];
  let toSkip = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, chunk.length - at);
        toSkip -= skipped;
        at += skipped;
        continue;
      }
      start.push(chunk[at] ?? 0);
      at += 1;
      const length = lengthOf(start);
      if (length === undefined) continue;
      const packetBytes = length.headerBytes + length.remaining;
      if (packetBytes <= maxPacketBytes) {
        toSkip = packetBytes - start.length;
        start = [];
        continue;
      }
      const topic = topicOf(start, length.headerBytes);
      if (topic !== "not yet") return { packetBytes, topic: topic?.text };
    }
    return undefined;
  };
}

/** What a fixed header says; undefined while its bytes have not all come. A fifth digit is the parser's to refuse. */
function lengthOf(start: readonly number[]): { readonly headerBytes: number; readonly remaining: number } | undefined {
  let remaining = 0;
  for (let i = 1; i <= 4; i += 1) {
    const digit = start[i];
    if (digit === undefined) return undefined;
    remaining += (digit & 0x7f) * 128 ** (i - 1);
    if (digit < 0x80 || i === 4) return { headerBytes: 1 + i, remaining };
  }
  return undefined;
}

function topicOf(start: readonly number[], headerBytes: number): { readonly text: string } | undefined | "not yet" {
  if ((start[0] ?? 0) >> 4 !== PACKET.publish) return undefined;
  const [high, low] = start.slice(headerBytes);
  if (high === undefined || low === undefined) return "not yet";
  const topicBytes = high * 256 + low;
  if (topicBytes > MAX_TOPIC_BYTES) return undefined;
  const at = headerBytes + 2;
  if (start.length < at + topicBytes && start.length < MAX_START_BYTES) return "not yet";
  return { text: Buffer.from(start.slice(at, at + topicBytes)).toString("utf8") };
}
