import { AppError } from "#kit/errors.ts";

/** Bytes are not DER (X.690), or not of the shape that was asked for. */
export class MalformedDer extends AppError {
  readonly code = "malformed-der";
  readonly retry = false;
}

/** One element: its tag, all of it, and what lies inside. */
export interface DerElement {
  readonly tag: number;
  readonly bytes: Buffer;
  readonly body: Buffer;
}

/** Tags of the elements that are read here (X.690, 8). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  /** An explicit `[0]`. */
  context0: 0xa0,
} as const;

const LONG_FORM = 0x80;
const MAX_LENGTH_BYTES = 4;

/** Reads elements one behind the other; everything that it throws is `MalformedDer`. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next element, which must have one of these tags. */
  next(what: string, ...tags: readonly number[]): DerElement {
    const element = this.#read(what);
    if (!tags.includes(element.tag)) throw new MalformedDer(`${what} has the tag ${element.tag}`);
    this.#at += element.bytes.length;
    return element;
  }

  /** The next element if it has one of these tags, else undefined and nothing is read. */
  optional(what: string, ...tags: readonly number[]): DerElement | undefined {
    const tag = this.#bytes[this.#at];
    return tag !== undefined && tags.includes(tag) ? this.next(what, tag) : undefined;
  }

  /** What lies inside the next element, which must be a sequence. */
  sequence(what: string): DerReader {
    return new DerReader(this.next(what, TAG.sequence).body);
  }

  #read(what: string): DerElement {
    const [tag, first] = [this.#bytes[this.#at], this.#bytes[this.#at + 1]];
    if (tag === undefined || first === undefined) throw new MalformedDer(`${what} is missing`);
    const lengthBytes = first < LONG_FORM ? 0 : first - LONG_FORM;
    const bodyAt = this.#at + 2 + lengthBytes;
    if (first === LONG_FORM || lengthBytes > MAX_LENGTH_BYTES || bodyAt > this.#bytes.length) {
      throw new MalformedDer(`${what} has no length that could be`);
    }
    const length = lengthBytes === 0 ? first : this.#bytes.readUIntBE(this.#at + 2, lengthBytes);
    const end = bodyAt + length;
    if (end > this.#bytes.length) throw new MalformedDer(`${what} ends too early`);
    return { tag, bytes: this.#bytes.subarray(this.#at, end), body: this.#bytes.subarray(bodyAt, end) };
  }
}

/** The time of a UTCTime or GeneralizedTime in UTC milliseconds, as RFC 5280 (4.1.2.5) writes them: to the second, in UTC. */
export function timeOf({ tag, body }: DerElement): number {
  const digits = tag === TAG.utcTime ? 2 : 4;
  const parts = new RegExp(`^(\\d{${digits}})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)Z$`).exec(body.toString("latin1"));
  if (parts === null) throw new MalformedDer("a time that is none");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  // Two digits count from 1950 to 2049.
  const fullYear = digits === 4 ? year : year + (year < 50 ? 2000 : 1900);
  return Date.UTC(fullYear, month - 1, day, hour, minute, second);
}
