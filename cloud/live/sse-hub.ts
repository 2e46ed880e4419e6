import type { ServerResponse } from "node:http";
import { constants, deflateRawSync } from "node:zlib";
import type { Closer } from "#kit/closer.ts";

/** Limits of a stream of Server-Sent Events. */
export interface SseSettings {
  /** A comment goes out this often, so that proxies keep the connection and dead clients are noticed. */
  readonly heartbeatMs: number;
  /** A client that leaves more than this unread is cut off; it comes back by itself and fetches what it missed. */
  readonly maxBufferedBytes: number;
  /** How long a browser waits before it opens a broken stream again. */
  readonly retryMs: number;
  readonly maxClients: number;
  /** What was told last is kept up to this, for clients whose connection broke. */
  readonly keptBytes: number;
}

export const SSE_SETTINGS = {
  heartbeatMs: 15_000,
  maxBufferedBytes: 1024 * 1024,
  retryMs: 2_000,
  maxClients: 10_000,
  keptBytes: 4 * 1024 * 1024,
} as const satisfies SseSettings;

/** Clients of one stream. */
export interface SseHub extends Closer {
  /**
   * Takes over a response. Whoever names the last event that it has (`Last-Event-ID`) is told what came after it, as far as that
   * is kept. `mayStay` is asked again at each heartbeat (a session may have ended). `isPacked`: the client takes gzip.
   * False when there is no room; then the response is untouched.
   */
  add(response: ServerResponse, mayStay?: () => boolean, lastEventId?: string, isPacked?: boolean): boolean;
  /** Sends an event to everyone; never waits for a client. */
  send(event: string, data: unknown): void;
  clients(): number;
}

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // nginx would hold events back otherwise.
  "x-accel-buffering": "no",
} as const;

const PACKED_HEADERS = { ...HEADERS, "content-encoding": "gzip", vary: "accept-encoding" } as const;
/** The beginning of a gzip file without name or time (RFC 1952, 2.3); deflated pieces follow. */
const GZIP_BEGINS = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** What goes out to everyone, written once. */
interface Piece {
  readonly plain: Buffer;
  /**
   * Deflated so that it ends on a byte and looks back at no piece before it: the same bytes fit into every client's stream, whenever
   * that one came.
   */
  packed(): Buffer;
}

function pieceOf(text: string): Piece {
  const plain = Buffer.from(text);
  let packed: Buffer | undefined;
  return {
    plain,
    packed: () => {
      packed ??= deflateRawSync(plain, { finishFlush: constants.Z_FULL_FLUSH });
      return packed;
    },
  };
}

interface Client {
  readonly mayStay: () => boolean;
  readonly isPacked: boolean;
}

/**
 * Opens a hub of Server-Sent Events (WHATWG HTML, section 9.2). A new client fetches, then listens; one that comes back is told
 * what it missed. An event is written into bytes, and packed, once for all. `epoch` is a random name of this start: numbers of another one
 * mean nothing here.
 */
export function openSseHub(settings: SseSettings = SSE_SETTINGS, epoch = "0"): SseHub {
  const clients = new Map<ServerResponse, Client>();
  let lastId = 0;
  let isClosed = false;

  const kept: { readonly id: number; readonly piece: Piece }[] = [];
  let keptBytes = 0;
  const keep = (id: number, piece: Piece) => {
    kept.push({ id, piece });
    keptBytes += piece.plain.length;
    while (keptBytes > settings.keptBytes) keptBytes -= kept.shift()?.piece.plain.length ?? keptBytes;
  };
  const missedSince = (lastEventId: string | undefined): readonly Piece[] => {
    const [of, number] = (lastEventId ?? "").split(".");
    const last = of === epoch ? Number(number) : Number.NaN;
    const isKept = last === lastId || (kept[0]?.id ?? Number.POSITIVE_INFINITY) <= last + 1;
    return isKept ? kept.filter(({ id }) => id > last).map(({ piece }) => piece) : [];
  };

  const push = (response: ServerResponse, { isPacked }: Client, piece: Piece) => {
    response.write(isPacked ? piece.packed() : piece.plain);
    if (response.writableLength > settings.maxBufferedBytes) response.destroy();
  };
  const beat = pieceOf(": still here\n\n");
  const greeting = pieceOf(`retry: ${settings.retryMs}\n: what happened before is not told again, fetch it\n\n`);
  const heartbeat = setInterval(() => {
    for (const [response, client] of clients) {
      if (client.mayStay()) push(response, client, beat);
      else response.end();
    }
  }, settings.heartbeatMs);

  return {
    add: (response, mayStay = () => true, lastEventId = undefined, isPacked = false) => {
      if (isClosed || clients.size >= settings.maxClients) return false;
      const client = { mayStay, isPacked };
      clients.set(response, client);
      response.once("close", () => clients.delete(response));
      // A reset connection is the client's affair; "close" follows and removes it.
      response.on("error", () => response.destroy());
      response.writeHead(200, isPacked ? PACKED_HEADERS : HEADERS);
      if (isPacked) response.write(GZIP_BEGINS);
      for (const piece of [greeting, ...missedSince(lastEventId)]) push(response, client, piece);
      return true;
    },
    send: (event, data) => {
      lastId += 1;
      const piece = pieceOf(`event: ${event}\nid: ${epoch}.${lastId}\ndata: ${JSON.stringify(data)}\n\n`);
      keep(lastId, piece);
      for (const [response, client] of clients) push(response, client, piece);
    },
    clients: () => clients.size,
    close: async () => {
      isClosed = true;
      clearInterval(heartbeat);
      for (const response of clients.keys()) response.end();
    },
  };
}
