import type { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { writeDurably } from "#kit/durable-file.ts";
import { codeOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import type { ClientCertificate } from "./certificate.ts";
import { BadRevocationList, type RevocationList, readRevocationList } from "./revocation-list.ts";

/** Whether a certificate was taken back. */
export interface Revocations {
  /** `unknown` while a list is wanted and none has come yet. */
  statusOf(certificate: ClientCertificate): "good" | "revoked" | "unknown";
}

/** Where no list is kept, nothing can be taken back. */
export const noRevocations: Revocations = { statusOf: () => "good" };

/**
 * The authority's newest revocation list that has come here by any way. It lies on disk, so that a restart does not
 * believe an older one, and does not need the authority.
 */
export class KeptRevocations implements Revocations {
  readonly #file: string;
  readonly #authority: X509Certificate;
  readonly #log: Logger;
  #list: RevocationList | undefined;
  #pem = "";
  #isOnDisk = true;
  /** The last of the writes, which come one after the other. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, authority: X509Certificate, log: Logger) {
    this.#file = file;
    this.#authority = authority;
    this.#log = log;
  }

  /** Opens what was kept; a kept list that is not one of this authority is left alone until the next one replaces it. */
  static async open(file: string, authority: X509Certificate, log: Logger): Promise<KeptRevocations> {
    const kept = new KeptRevocations(file, authority, log);
    try {
      kept.#pem = await readFile(file, "utf8");
      kept.#list = readRevocationList(kept.#pem, authority);
    } catch (error) {
      kept.#pem = "";
      if (codeOf(error) !== "ENOENT") {
        log.error({ event: "revocations.not-kept", err: error, file }, "the kept revocation list cannot be used");
      }
    }
    return kept;
  }

  /** The list that holds, or undefined. */
  get list(): RevocationList | undefined {
    return this.#list;
  }

  statusOf({ serial }: ClientCertificate): "good" | "revoked" | "unknown" {
    if (this.#list === undefined) return "unknown";
    return this.#list.serials.has(serial) ? "revoked" : "good";
  }

  /**
   * Takes a list that has come. It holds at once, even where it cannot be written down: that rejects with
   * `DiskUnwritable` and is tried again with the next offer. Rejects with what `readRevocationList` throws, and with
   * `BadRevocationList` for a list that is older than the one that is held.
   */
  async offer(pem: string): Promise<void> {
    if (pem === this.#pem && this.#isOnDisk) return;
    const list = readRevocationList(pem, this.#authority);
    if (this.#list !== undefined && list.number < this.#list.number) {
      throw new BadRevocationList(`the list ${list.number} is older than the one that is held, ${this.#list.number}`);
    }
    this.#list = list;
    this.#pem = pem;
    this.#isOnDisk = false;
    this.#log.info(
      { event: "revocations.taken", number: String(list.number), revoked: list.serials.size },
      "revocation list taken",
    );
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write()); // each offer says itself what failed
    await this.#writing;
  }

  /** Writes down the list that holds by now. */
  async #write(): Promise<void> {
    if (this.#isOnDisk) return;
    const pem = this.#pem;
    await writeDurably(this.#file, pem, 0o600);
    this.#isOnDisk = pem === this.#pem;
  }

  /** What is wrong with the list that holds, or undefined. */
  troubleAt(nowMs: number): string | undefined {
    if (this.#list === undefined) return "revocations: no list has come yet, so certificates are not taken";
    if (!this.#isOnDisk) return "revocations: the newest list is not on disk";
    const { nextUpdateMs } = this.#list;
    if (nextUpdateMs === undefined || nextUpdateMs >= nowMs) return undefined;
    return `revocations: the list should have been replaced by ${new Date(nextUpdateMs).toISOString()}`;
  }
}
