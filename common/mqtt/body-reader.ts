import { type Frame, ProtocolError } from "./framer.ts";
import { decodeText, isTopicName } from "./text.ts";

/** Reads what follows a fixed header, field by field. Throws nothing but `ProtocolError`, at once where a field ends too early. */
export class BodyReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor({ bytes, bodyAt }: Frame) {
    this.#bytes = bytes;
    this.#at = bodyAt;
  }

  /** Whether all has been read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(what: string): number {
    return this.#bytes.readUInt8(this.#take(1, what));
  }

  uint16(what: string): number {
    return this.#bytes.readUInt16BE(this.#take(2, what));
  }

  /** A message id: never 0. */
  messageId(): number {
    const id = this.uint16("a message id");
    if (id === 0) throw new ProtocolError("malformed-packet", "a message id of 0");
    return id;
  }

  /** Bytes behind their length. */
  binary(what: string): Buffer {
    const size = this.uint16(what);
    const from = this.#take(size, what);
    return this.#bytes.subarray(from, from + size);
  }

  /** A text behind its length. */
  text(what: string): string {
    const size = this.uint16(what);
    const from = this.#take(size, what);
    return decodeText(this.#bytes, from, from + size, what);
  }

  /** The topic of a message. */
  topicName(what: string): string {
    const topic = this.text(what);
    if (!isTopicName(topic)) throw new ProtocolError("malformed-packet", `${what} that is empty or has a wildcard`);
    return topic;
  }

  /** Nothing may follow. */
  end(what: string): void {
    if (!this.isAtEnd) throw new ProtocolError("malformed-packet", `${what} with bytes behind its end`);
  }

  #take(size: number, what: string): number {
    const from = this.#at;
    if (from + size > this.#bytes.length) throw new ProtocolError("malformed-packet", `${what} that ends too early`);
    this.#at = from + size;
    return from;
  }
}
