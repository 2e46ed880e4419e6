import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { Closer } from "#kit/closer.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { isLoopback } from "#kit/loopback.ts";
import { createServer } from "#kit/plain-http.ts";

/** What a route answers. */
export interface Answer {
  readonly status: number;
  /** Sent as JSON, or as it stands where it is a text with a `content-type` of its own. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request says beside its body. */
export interface Asked {
  readonly query: URLSearchParams;
  readonly acceptLanguage: string;
}

/** One thing that can be asked on loopback. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Gets the JSON of a POST, unparsed by any schema; an `AppError` that it throws is answered by its code. */
  answer(body: unknown, asked: Asked): Promise<Answer>;
}

/** A server for programs of this very machine. */
export interface LocalServer extends Closer {
  readonly url: string;
}

/** A request that is answered with a status and a code of its own. */
export class BadRequest extends AppError {
  readonly code: string;
  readonly status: number;
  readonly retry = false;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const MAX_BODY_BYTES = 4 * 1024;
const LOOPBACK = "127.0.0.1";

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  "no-before": 409,
  "photo-unreadable": 422,
  "camera-unavailable": 503,
  "model-unusable": 503,
  busy: 503,
  "disk-full": 507,
  "disk-unwritable": 507,
  "journal-unavailable": 507,
};

/**
 * Starts the server on 127.0.0.1; rejects when the port is taken. Every error is `{code, message}`. With `names` (the
 * device's own Wi-Fi passes its phones on to us) it answers to these too, and leads whatever else a phone looks for to
 * the first of them: so phones show the page by themselves, as in a hotel.
 */
export async function startLocalServer(
  port: number,
  routes: readonly Route[],
  log: Logger,
  names: readonly string[] = [],
): Promise<LocalServer> {
  let isClosing = false;
  const server = createServer((request, response) => {
    answerOf(request, routes, names)
      .catch((error: unknown) => {
        const answer = answerOfError(error);
        if (answer.status === 500)
          log.error({ event: "request.failed", err: error, url: request.url }, "request failed");
        return answer;
      })
      .then((answer) => send(response, answer, isClosing))
      .catch((error: unknown) => log.warn({ event: "answer.unsent", err: error }, "an answer could not be sent"));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(new BadRequest(500, "port-taken", `HTTP_PORT ${port} cannot be used: ${messageOf(error)}`));
    });
    server.listen(port, LOOPBACK, resolve);
  });
  const address = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://${LOOPBACK}:${address.port}`,
    close: async () => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answerOf(request: IncomingMessage, routes: readonly Route[], names: readonly string[]): Promise<Answer> {
  const [page] = names;
  if (page !== undefined && request.method === "GET" && !isOurs(hostOf(request), names)) {
    return { status: 302, body: {}, headers: { location: `http://${page}/` } };
  }
  requireOurs(request, names);
  const [path, query] = (request.url ?? "/").split("?");
  const there = routes.filter((route) => route.path === path);
  if (there.length === 0) throw new BadRequest(404, "not-found", `${path} is not here`);
  const route = there.find(({ method }) => method === request.method);
  if (route === undefined) throw new BadRequest(405, "wrong-method", `${request.method} is not for ${path}`);
  const acceptLanguage = request.headers["accept-language"] ?? "";
  const asked = { query: new URLSearchParams(query), acceptLanguage };
  return await route.answer(route.method === "POST" ? await readJson(request) : undefined, asked);
}

const hostOf = ({ headers }: IncomingMessage): string => (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
const isOurs = (host: string, names: readonly string[]): boolean => isLoopback(host) || names.includes(host);

/** A page of the internet may make a browser on this machine call us: neither its name nor its origin is ours. */
function requireOurs(request: IncomingMessage, names: readonly string[]): void {
  if (!isOurs(hostOf(request), names)) throw new BadRequest(403, "not-loopback", "ask by 127.0.0.1 or localhost");
  const { origin } = request.headers;
  if (origin !== undefined && !isOurs(URL.parse(origin)?.hostname ?? "", names)) {
    throw new BadRequest(403, "not-loopback", "only pages of this machine may ask");
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new BadRequest(415, "not-json", "send content-type: application/json");
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request) {
    const bytes = z.instanceof(Uint8Array).parse(piece);
    length += bytes.length;
    if (length > MAX_BODY_BYTES) throw new BadRequest(413, "too-large", `at most ${MAX_BODY_BYTES} bytes`);
    pieces.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch {
    throw new BadRequest(400, "not-json", "the body is not JSON");
  }
}

function answerOfError(error: unknown): Answer {
  if (error instanceof BadRequest) {
    return { status: error.status, body: { code: error.code, message: error.message } };
  }
  if (error instanceof AppError) {
    return { status: STATUS_OF_CODE[error.code] ?? 500, body: { code: error.code, message: error.message } };
  }
  return { status: 500, body: { code: "internal", message: "an unforeseen error; the log has it" } };
}

async function send(response: ServerResponse, answer: Answer, isLast: boolean): Promise<void> {
  const { status, body, headers = {} } = answer;
  const isText = typeof body === "string" && headers["content-type"] !== undefined;
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": bytes.length,
    "cache-control": "no-store",
    // After an error the rest of a body may still be coming; it is not waited for.
    ...headers,
    ...((isLast || status >= 400) && { connection: "close" }),
  });
  await new Promise<void>((resolve) => response.end(bytes, resolve));
}
