import { ProtocolError } from "./framer.ts";
import { decodeText, isTopicName } from "./text.ts";

/** Decodes and checks the topic of a PUBLISH. Throws `ProtocolError` where it is none. */
export function decodeTopic(bytes: Buffer, from: number, to: number): string {
  const topic = decodeText(bytes, from, to, "a topic");
  if (!isTopicName(topic)) throw new ProtocolError("malformed-packet", "a topic with a wildcard");
  return topic;
}

/** Decodes topics of one sender, who mostly says the same one again: that is compared, not decoded and checked anew. */
export class TopicMemo {
  #bytes = Buffer.alloc(0);
  #topic = "";

  /** As `decodeTopic`. */
  decode(bytes: Buffer, from: number, to: number): string {
    if (this.#isSame(bytes, from, to)) return this.#topic;
    this.#topic = decodeTopic(bytes, from, to);
    this.#bytes = Buffer.from(bytes.subarray(from, to));
    return this.#topic;
  }

  #isSame(bytes: Buffer, from: number, to: number): boolean {
    const last = this.#bytes;
    if (last.length === 0 || last.length !== to - from) return false;
    for (let i = 0; i < last.length; i += 1) if (last[i] !== bytes[from + i]) return false;
    return true;
  }
}
