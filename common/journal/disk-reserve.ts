import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Largest reserve: a log of one checkpoint (4 MiB) and one batch (8 MiB) must fit in, with the pages that they touch. */
const RESERVE_BYTES = 16 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024);
const SQLITE_FULL = 13;

/** Whether SQLite says that the disk is full (https://sqlite.org/rescode.html#full). */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error &&
  "errcode" in error &&
  typeof error.errcode === "number" &&
  error.errcode % 256 === SQLITE_FULL;

/**
 * Room on the disk that is given up when the disk is full, so that SQLite can write what deleting needs.
 *
 * A deletion writes to the log before it frees anything, and the log must fit into the main file before it can be used
 * anew: on a disk without a free byte a journal could not even forget what everybody has read. A file of zeros beside
 * the journal keeps that much room, for what frees more.
 */
export class DiskReserve {
  readonly #file: string;
  readonly bytes: number;

  /** A sixteenth of the budget and an eighth of the disk at most: small ones are not filled with zeros. */
  constructor(journalFile: string, budgetBytes: number) {
    this.#file = `${journalFile}-reserve`;
    const { blocks, bsize } = statfsSync(dirname(journalFile));
    this.bytes = Math.floor(Math.min(RESERVE_BYTES, budgetBytes / 16, (blocks * bsize) / 8));
  }

  /** Gives the room up. */
  release(): void {
    try {
      closeSync(openSync(this.#file, "w"));
    } catch {
      // The disk has more trouble than being full; the failure that led here is the one to report.
    }
  }

  /**
   * Takes the room where the disk has it and so much more; what was taken before a restart is still there. Says whether
   * it is taken and so much more is free.
   */
  hold(spareBytes: number): boolean {
    try {
      const file = openSync(this.#file, "a");
      try {
        return this.#fill(file, spareBytes);
      } finally {
        closeSync(file);
      }
    } catch {
      this.release();
      return false;
    }
  }

  #fill(file: number, spareBytes: number): boolean {
    const { bavail, bsize } = statfsSync(this.#file);
    const isHeld = fstatSync(file).size === this.bytes;
    if (bavail * bsize < spareBytes + (isHeld ? 0 : this.bytes)) return false;
    if (isHeld) return true;
    ftruncateSync(file, 0);
    for (let at = 0; at < this.bytes; ) at += writeSync(file, PIECE, 0, Math.min(PIECE.length, this.bytes - at));
    return true;
  }
}
