import { readFile } from "node:fs/promises";
import type { Closer } from "#kit/closer.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { KeptRevocations } from "./revocations.ts";
import { watchFile } from "./watched-file.ts";

/** A way by which revocation lists come. */
export interface RevocationSource extends Closer {
  /** Why the newest list does not come or is not taken; undefined while all is well. */
  readonly trouble: string | undefined;
}

/** The authority did not give its list. */
class NoRevocationList extends AppError {
  readonly code = "no-revocation-list";
  readonly retry = true;
}

const ASK_EVERY_MS = 2_000;
/**
 * Time for the answer to begin: with one that never comes, the next one (two seconds after it was asked for), and the
 * front's look at its connections, a new list is known and carried out within the five seconds that are promised.
 */
const ANSWER_WITHIN_MS = 1_500;
/** Time for the list itself: a large one takes longer over a village's link. */
const WHOLE_WITHIN_MS = 30_000;
/** Some 200,000 revoked certificates. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;

/** Follows a list in a file; one that cannot be used is its trouble, at the start too, and the list that is held stays. */
export function followListFile(file: string, revocations: KeptRevocations, log: Logger): Promise<RevocationSource> {
  const read = async () => revocations.offer(await readFile(file, "utf8"));
  return watchFile<void>({ name: "revocations", files: [file], read, atFirst: { content: undefined } }, log);
}

/**
 * Asks the authority for its list at once and then each two seconds, with the tag of the last one (RFC 9110, 13.1.2), so
 * that mostly an empty answer comes back. While it does not answer, the list that is held stays.
 */
export function followListUrl(url: string, revocations: KeptRevocations, log: Logger): RevocationSource {
  const closing = new AbortController();
  let etag: string | undefined;
  let trouble: string | undefined;
  const ask = async () => {
    try {
      const answer = await fetchList(url, etag, closing.signal);
      if (answer !== undefined) {
        etag = undefined;
        await revocations.offer(answer.pem);
        etag = answer.etag;
      }
      trouble = undefined;
    } catch (error) {
      const said = `revocations: ${url}: ${messageOf(error)}`;
      if (closing.signal.aborted || said === trouble) return;
      trouble = said;
      log.error({ event: "revocations.unreadable", err: error, url }, "no revocation list came; the old one stays");
    }
  };
  const first = ask();
  const asking = every(
    ASK_EVERY_MS,
    () => first.then(ask),
    () => undefined, // `ask` says itself what went wrong
  );
  return {
    get trouble() {
      return trouble;
    },
    close: async () => {
      closing.abort();
      await Promise.all([first, asking.close()]);
    },
  };
}

/** A new list, or undefined where the old one still holds. */
async function fetchList(
  url: string,
  etag: string | undefined,
  closing: AbortSignal,
): Promise<{ readonly pem: string; readonly etag: string | undefined } | undefined> {
  const silence = new AbortController();
  const tooLong = setTimeout(() => silence.abort(new NoRevocationList("does not answer")), ANSWER_WITHIN_MS);
  const response = await fetch(url, {
    redirect: "error",
    signal: AbortSignal.any([closing, silence.signal, AbortSignal.timeout(WHOLE_WITHIN_MS)]),
    headers: etag === undefined ? {} : { "if-none-match": etag },
  }).finally(() => clearTimeout(tooLong));
  if (response.status === 304) return undefined;
  if (!response.ok) {
    await response.body?.cancel();
    throw new NoRevocationList(`answered ${response.status}`);
  }
  return { pem: await textOf(response), etag: response.headers.get("etag") ?? undefined };
}

async function textOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.byteLength;
    if (bytes > MAX_LIST_BYTES) throw new NoRevocationList(`is larger than ${MAX_LIST_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
