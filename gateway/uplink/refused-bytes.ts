import { createHash } from "node:crypto";

/** What a record says, whatever its number: put aside and taken up again it has a new one. */
interface Said {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** Records that the parent is known to refuse, by what they say; hashes of so many are kept, then the oldest are forgotten. */
const MOST = 10_000;

/** Remembers which records the parent refuses, so that none is blamed twice: each time costs all others several connections. */
export class RefusedBytes {
  readonly #hashes = new Set<string>();

  note(record: Said): void {
    this.#hashes.add(hashOf(record));
    const [oldest] = this.#hashes;
    if (this.#hashes.size > MOST && oldest !== undefined) this.#hashes.delete(oldest);
  }

  has(record: Said): boolean {
    return this.#hashes.size > 0 && this.#hashes.has(hashOf(record));
  }

  forget(): void {
    this.#hashes.clear();
  }
}

const hashOf = ({ topic, bytes }: Said): string =>
  createHash("sha256").update(topic).update("\n").update(bytes).digest("base64");
