import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { Address } from "#contract/names.ts";
import { isStorageFailure, Sql, StateUnavailable } from "../state/database.ts";
import type { Letter } from "../state/dead-letters.ts";
import type { Place } from "../state/log-book.ts";
import type { PhotoKey } from "./photo-notices.ts";

/** One piece of a photo as it came; `offset` is where its bytes begin in the message. */
export interface ShelvedChunk {
  readonly key: PhotoKey;
  readonly i: number;
  readonly n: number;
  readonly place: Place;
  readonly letter: Letter;
  readonly offset: number;
}

/** A piece that lies on the shelf: part `i` of `n`, and its bytes. */
export interface PieceSize {
  readonly n: number;
  readonly i: number;
  readonly size: number;
}

/**
 * Pieces of photos until a photo is whole, in a file of their own: the big writes never hold the lock of the state
 * store. Putting a piece twice is putting it once; that, and a crash between this file and the state store, is why a
 * piece is put here before its number counts as received.
 */
export interface ChunkShelf {
  /** When it returns, the pieces are on disk. Throws `StateUnavailable`. */
  put(chunks: readonly ShelvedChunk[], nowMs: number): void;
  /** Pieces of a photo, in order. */
  piecesOf(key: PhotoKey): readonly ShelvedChunk[];
  /** Which pieces of a photo are here, without their bytes. */
  inventoryOf(key: PhotoKey): readonly PieceSize[];
  remove(key: PhotoKey): void;
  removePiece(chunk: ShelvedChunk): void;
  /** Photos with a piece here. */
  keys(): readonly PhotoKey[];
  /** Photos with a piece here, of which none has come since a moment (UTC ms). */
  keysUntouchedSince(sinceMs: number): readonly PhotoKey[];
  /** What each photo of a device takes up here, with all that its pieces came in. */
  bytesOf(device: Address): readonly { readonly sha: string; readonly bytes: number }[];
  close(): void;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS chunks (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  sha TEXT NOT NULL,
  n INTEGER NOT NULL,
  i INTEGER NOT NULL,
  log TEXT NOT NULL,
  seq INTEGER NOT NULL,
  topic TEXT NOT NULL,
  piece_offset INTEGER NOT NULL,
  size INTEGER NOT NULL,
  payload BLOB NOT NULL,
  put_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, device, sha, n, i)
) STRICT`;

const Row = z
  .object({
    tenant: z.string(),
    device: z.string(),
    sha: z.string(),
    n: z.number().int(),
    i: z.number().int(),
    log: z.string(),
    seq: z.number().int(),
    topic: z.string(),
    piece_offset: z.number().int(),
    payload: z.instanceof(Uint8Array),
  })
  .transform(
    ({ tenant, device, sha, n, i, log, seq, topic, piece_offset, payload }): ShelvedChunk => ({
      key: { tenant, device, sha },
      n,
      i,
      place: { tenant, device, log, seq },
      letter: { topic, payload },
      offset: piece_offset,
    }),
  );
const KeyRow = z.object({ tenant: z.string(), device: z.string(), sha: z.string() });
const Bytes = z.object({ sha: z.string(), bytes: z.number().int() });
const Size = z.object({ n: z.number().int(), i: z.number().int(), size: z.number().int() });
const OF_KEY = "tenant = ? AND device = ? AND sha = ?";

/** Opens the shelf in a SQLite file of its own (WAL, every commit synced). */
export function openChunkShelf(file: string): ChunkShelf {
  let sql: Sql | undefined = openFile(file);
  const guard = <T>(work: (open: Sql) => T): T => {
    try {
      sql ??= openFile(file);
      return work(sql);
    } catch (cause) {
      if (!isStorageFailure(cause)) throw cause;
      sql?.close();
      sql = undefined;
      throw new StateUnavailable("the pieces of photos cannot be kept now", { cause });
    }
  };
  return {
    put: (chunks, nowMs) => {
      if (chunks.length > 0) guard((open) => open.transaction(() => putAll(open, chunks, nowMs)));
    },
    piecesOf: ({ tenant, device, sha }) =>
      guard((open) => open.all(Row, `SELECT * FROM chunks WHERE ${OF_KEY} ORDER BY n, i`, tenant, device, sha)),
    inventoryOf: ({ tenant, device, sha }) =>
      guard((open) => open.all(Size, `SELECT n, i, size FROM chunks WHERE ${OF_KEY}`, tenant, device, sha)),
    remove: ({ tenant, device, sha }) => {
      guard((open) => open.run(`DELETE FROM chunks WHERE ${OF_KEY}`, tenant, device, sha));
    },
    removePiece: ({ key: { tenant, device, sha }, n, i }) => {
      guard((open) =>
        open.run(`DELETE FROM chunks WHERE ${OF_KEY} AND n = ? AND i = ?`, ...[tenant, device, sha, n, i]),
      );
    },
    keys: () => guard((open) => open.all(KeyRow, "SELECT DISTINCT tenant, device, sha FROM chunks")),
    keysUntouchedSince: (sinceMs) =>
      guard((open) =>
        open.all(
          KeyRow,
          `SELECT tenant, device, sha FROM chunks GROUP BY tenant, device, sha HAVING max(put_at) < ?`,
          sinceMs,
        ),
      ),
    bytesOf: ({ tenant, device }) =>
      guard((open) =>
        open.all(
          Bytes,
          "SELECT sha, sum(length(payload)) AS bytes FROM chunks WHERE tenant = ? AND device = ? GROUP BY sha",
          ...[tenant, device],
        ),
      ),
    close: () => {
      sql?.close();
      sql = undefined;
    },
  };
}

function putAll(sql: Sql, chunks: readonly ShelvedChunk[], nowMs: number): void {
  for (const { key, n, i, place, letter, offset } of chunks) {
    sql.run(
      `INSERT INTO chunks (tenant, device, sha, n, i, log, seq, topic, piece_offset, size, payload, put_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[key.tenant, key.device, key.sha, n, i, place.log, place.seq, letter.topic, offset],
      ...[letter.payload.length - offset, letter.payload, nowMs],
    );
  }
}

function openFile(file: string): Sql {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    database.exec(SCHEMA);
    return new Sql(database);
  } catch (error) {
    database.close();
    throw error;
  }
}
