import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "#kit/clock.ts";
import { takesGzip } from "./compress.ts";
import { hasTag } from "./entity-tag.ts";

/** A long text as it is kept: packed, with the tag of its content. */
export interface KeptText {
  readonly packed: Buffer;
  readonly etag: string;
  /** On the monotonic clock: from then on it is written anew for whoever asks. */
  readonly untilMs: number;
}

/**
 * Keeps a long text for `holdsMs` after it was begun, written once for all who ask. It is written from `lines` piece by piece: between
 * two pieces others have their turn, and packing is done by other threads.
 */
export function keepText(
  lines: () => Iterable<string>,
  holdsMs: number,
  clock: Pick<Clock, "monotonicMs">,
): () => Promise<KeptText> {
  let kept: { readonly untilMs: number; readonly text: Promise<KeptText> } | undefined;
  let isWriting = false;
  return () => {
    const nowMs = clock.monotonicMs();
    if (kept !== undefined && (isWriting || nowMs < kept.untilMs)) return kept.text;
    const untilMs = nowMs + holdsMs;
    const text = pack(lines()).then(({ packed, etag }) => ({ packed, etag, untilMs }));
    kept = { untilMs, text };
    isWriting = true;
    text.then(
      () => {
        isWriting = false;
      },
      () => {
        isWriting = false;
        kept = undefined;
      },
    );
    return text;
  };
}

/** Sends a kept text, or says that the one which the client has still holds; caches keep it until it is written anew. */
export async function sendKept(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, text, clock }: { readonly type: string; readonly text: KeptText; readonly clock: Pick<Clock, "monotonicMs"> },
): Promise<FastifyReply> {
  const { packed, etag, untilMs } = text;
  const restS = Math.max(1, Math.ceil((untilMs - clock.monotonicMs()) / 1000));
  void reply.header("cache-control", `public, max-age=${restS}`).header("etag", etag).header("vary", "accept-encoding");
  if (hasTag(request, etag)) return reply.code(304).send();
  void reply.type(type);
  if (takesGzip(request.headers)) return reply.header("content-encoding", "gzip").send(packed);
  return reply.send(Readable.from([packed]).pipe(createGunzip()));
}

/** So much is written in one go: a few milliseconds. */
const PIECE_CHARACTERS = 65_536;

async function pack(lines: Iterable<string>): Promise<Pick<KeptText, "packed" | "etag">> {
  const hash = createHash("sha256");
  const chunks: Buffer[] = [];
  await pipeline(hashed(lines, hash), createGzip(), async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) chunks.push(chunk);
  });
  return { packed: Buffer.concat(chunks), etag: `W/"${hash.digest("base64url").slice(0, 22)}"` };
}

function* hashed(lines: Iterable<string>, hash: ReturnType<typeof createHash>): Generator<string> {
  let piece = "";
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE_CHARACTERS) continue;
    hash.update(piece);
    yield piece;
    piece = "";
  }
  hash.update(piece);
  yield piece;
}
