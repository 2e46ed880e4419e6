import { Readable } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { tablePieces } from "../live/station-table.ts";
import { ASK_AGAIN } from "./api.ts";
import { takesGzip } from "./compress.ts";
import { hasTag, tagOf } from "./entity-tag.ts";
import { inPieces, jsonPieces } from "./in-pieces.ts";
import type { StationFeature } from "./schemas.ts";

const pack = promisify(gzip);

/** A list of stations as it is kept, packed; its tag changes with it, and is weak since it is sent packed or not. */
export interface ReadyList {
  readonly packed: Buffer;
  readonly etag: string;
}

/** What a list says beside its stations. */
export interface ListLimits {
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/** Members of members down to the columns of one average: `table`, `air`, the substance, the average. */
const COLUMNS_DEPTH = 4;

/** Writes stations as they were at `untilMs` in columns, piece by piece; the tag is that of the content unless one is given. */
export async function writeList(
  features: readonly StationFeature[],
  untilMs: number,
  { staleAfterMs, offlineAfterMs }: ListLimits,
  tag?: string,
): Promise<ReadyList> {
  const table = await inPieces(tablePieces(features, untilMs));
  const text = await inPieces(jsonPieces({ staleAfterMs, offlineAfterMs, table }, COLUMNS_DEPTH));
  return { packed: await pack(text, { level: 9 }), etag: tag ?? tagOf(text) };
}

/** Sends a list that is ready, or says that the one which the client has still holds. */
export function sendList(request: FastifyRequest, reply: FastifyReply, { packed, etag }: ReadyList): FastifyReply {
  void reply.header("cache-control", ASK_AGAIN).header("etag", etag).header("vary", "accept-encoding");
  if (hasTag(request, etag)) return reply.code(304).send();
  void reply.type("application/json; charset=utf-8");
  // Bytes are sent as they are: the list is written already.
  if (takesGzip(request.headers)) return reply.header("content-encoding", "gzip").send(packed);
  return reply.send(Readable.from([packed]).pipe(createGunzip()));
}
