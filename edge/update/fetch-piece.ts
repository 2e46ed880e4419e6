import { messageOf } from "#kit/errors.ts";
import { UpdateWaits } from "./update-refused.ts";

/** A stretch of a file to ask for. */
export interface PieceRequest {
  readonly url: URL;
  readonly from: number;
  /** The byte after the last one. */
  readonly to: number;
  /** How long the whole file is, as its manifest says. */
  readonly fileBytes: number;
  /** What the first piece said that the file is, so that no piece comes of another one. */
  readonly etag: string | undefined;
}

/** The file at the address is not the one that was begun: what is here of it is worth nothing. */
export class FileChanged extends UpdateWaits {}

/** A link that gives nothing for so long is lost. */
const SILENT_MS = 30_000;
/** A piece of 1 MiB at 2 kB/s; whoever is slower gets the next one after a pause. */
const PIECE_WITHIN_MS = 10 * 60_000;

/**
 * Fetches one piece and hands on its bytes as they come, never more than were asked for; gives the file's ETag.
 *
 * Rejects with `UpdateWaits` when the link or the server fails, silent or slow ones too; what was handed on by then is
 * good to go on from. Rejects as `take` does when that fails. Redirections are not followed.
 */
export async function fetchPiece(
  request: PieceRequest,
  take: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
  silentMs = SILENT_MS,
): Promise<string | undefined> {
  const patience = new AbortController();
  const giveUp = () => patience.abort(new UpdateWaits(`the cloud said nothing for ${silentMs / 1000} s`));
  let timer = setTimeout(giveUp, silentMs);
  let untaken: unknown;
  const within = AbortSignal.any([signal, patience.signal, AbortSignal.timeout(PIECE_WITHIN_MS)]);
  try {
    const answer = await fetch(request.url, {
      headers: {
        range: `bytes=${request.from}-${request.to - 1}`,
        "accept-encoding": "identity",
        ...(request.etag !== undefined && request.from > 0 && { "if-range": request.etag }),
      },
      redirect: "manual",
      signal: within,
    });
    const length = checkAnswer(request, answer);
    let got = 0;
    for await (const bytes of answer.body ?? []) {
      clearTimeout(timer);
      got += bytes.length;
      if (got > length) throw new UpdateWaits("the cloud sends more than it said");
      await take(bytes).catch((error: unknown) => {
        untaken = error;
        throw error;
      });
      timer = setTimeout(giveUp, silentMs);
    }
    if (got < length) throw new UpdateWaits("the link was lost in the middle of a piece");
    return answer.headers.get("etag") ?? undefined;
  } catch (cause) {
    throw cause === untaken ? cause : troubleOf(cause, signal, patience.signal);
  } finally {
    clearTimeout(timer);
    // Whatever is left of the answer is not read to its end.
    patience.abort();
  }
}

/** How many bytes follow. Throws where the answer is not the piece that was asked for. */
function checkAnswer(request: PieceRequest, answer: Response): number {
  const { status, headers } = answer;
  if (status === 200 && request.etag !== undefined && request.from > 0) {
    throw new FileChanged("the file at the cloud has changed");
  }
  if (status !== 206) throw new UpdateWaits(statusTrouble(status));
  if (headers.get("content-encoding") !== null) throw new UpdateWaits("the cloud sends packed bytes unasked");
  const [, from, last, total] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers.get("content-range") ?? "") ?? [];
  if (total !== undefined && Number(total) !== request.fileBytes) {
    throw new FileChanged(`the cloud's file has ${total} bytes, the manifest says ${request.fileBytes}`);
  }
  const length = Number(last) + 1 - request.from;
  if (Number(from) !== request.from || Number(last) + 1 !== request.to) {
    throw new UpdateWaits("the cloud sends another piece than was asked for");
  }
  const etag = headers.get("etag") ?? undefined;
  if (request.from > 0 && request.etag !== undefined && etag !== undefined && etag !== request.etag) {
    throw new FileChanged("the file at the cloud has changed");
  }
  return length;
}

function statusTrouble(status: number): string {
  if (status === 404) return "the cloud does not have the file";
  if (status === 200) return "the cloud, or something before it, does not know Range";
  if (status >= 300 && status < 400) return "the cloud sends us elsewhere, which is not followed";
  return `the cloud answers ${status}`;
}

function troubleOf(cause: unknown, signal: AbortSignal, patience: AbortSignal): unknown {
  if (cause instanceof UpdateWaits) return cause;
  if (signal.aborted) return new UpdateWaits("given up", { cause });
  if (patience.aborted && patience.reason instanceof UpdateWaits) return patience.reason;
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return new UpdateWaits(`the cloud cannot be reached: ${messageOf(inner)}`, { cause });
}
