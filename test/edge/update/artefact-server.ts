import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** A cloud that serves files by their hashes, with Range, and may be told to do it badly. */
export interface ArtefactServer {
  readonly url: string;
  /** Serves a file; gives what a manifest says of it. */
  put(name: string, bytes: Uint8Array): { name: string; sha256: string; bytes: number };
  /** What answers from now on instead; undefined: the server itself again. */
  misbehave(answer: Answerer | undefined): void;
  /** All `range` headers so far. */
  readonly asked: readonly string[];
}

/** Answers a request for a file of the server; calling `well` answers as it should. */
export type Answerer = (request: IncomingMessage, response: ServerResponse, file: Buffer, well: () => void) => void;

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Starts one on loopback; it ends with the test. */
export async function startArtefactServer(): Promise<ArtefactServer> {
  const files = new Map<string, Buffer>();
  const asked: string[] = [];
  let bad: Answerer | undefined;
  const server = createServer((request, response) => {
    asked.push(request.headers.range ?? "none");
    const file = files.get((request.url ?? "").replace("/artefacts/", ""));
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const well = () => sendRange(request, response, file);
    if (bad === undefined) well();
    else bad(request, response, file, well);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    put: (name, bytes) => {
      const sha256 = sha256Of(bytes);
      files.set(sha256, Buffer.from(bytes));
      return { name, sha256, bytes: bytes.length };
    },
    misbehave: (answer) => {
      bad = answer;
    },
    asked,
  };
}

/** First and last byte that a request names. */
export function rangeOf(request: IncomingMessage): readonly [number, number] {
  const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  return [Number(from), Number(last)];
}

/** Answers 206 as RFC 9110 has it. */
function sendRange(request: IncomingMessage, response: ServerResponse, file: Buffer): void {
  const [from, asked] = rangeOf(request);
  const last = Math.min(asked, file.length - 1);
  response.writeHead(206, {
    "content-range": `bytes ${from}-${last}/${file.length}`,
    "content-length": last - from + 1,
    etag: `"${sha256Of(file)}"`,
  });
  response.end(file.subarray(from, last + 1));
}
