import type { ServerResponse } from "node:http";
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
   * is kept. `mayStay` is asked again at each heartbeat (a session may have ended).
   * False when there is no room; then the response is untouched.
   */
  add(response: ServerResponse, mayStay?: () => boolean, lastEventId?: string): boolean;
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

/**
 * Opens a hub of Server-Sent Events (WHATWG HTML, section 9.2). A new client fetches, then listens; one that comes back is told
 * what it missed. An event is written into bytes once, for all. `epoch` is a random name of this start: numbers of another one
 * mean nothing here.
 */
export function openSseHub(settings: SseSettings = SSE_SETTINGS, epoch = "0"): SseHub {
  const clients = new Map<ServerResponse, () => boolean>();
  let lastId = 0;
  let isClosed = false;

  const kept: { readonly id: number; readonly bytes: Buffer }[] = [];
  let keptBytes = 0;
  const keep = (id: number, bytes: Buffer) => {
    kept.push({ id, bytes });
    keptBytes += bytes.length;
    while (keptBytes > settings.keptBytes) keptBytes -= kept.shift()?.bytes.length ?? keptBytes;
  };
  const missedSince = (lastEventId: string | undefined): readonly Buffer[] => {
    const [of, number] = (lastEventId ?? "").split(".");
    const last = of === epoch ? Number(number) : Number.NaN;
    const isKept = last === lastId || (kept[0]?.id ?? Number.POSITIVE_INFINITY) <= last + 1;
    return isKept ? kept.filter(({ id }) => id > last).map(({ bytes }) => bytes) : [];
  };

  const push = (response: ServerResponse, text: string | Buffer) => {
    response.write(text);
    if (response.writableLength > settings.maxBufferedBytes) response.destroy();
  };
  const heartbeat = setInterval(() => {
    for (const [response, mayStay] of clients) {
      if (mayStay()) push(response, ": still here\n\n");
      else response.end();
    }
  }, settings.heartbeatMs);

  return {
    add: (response, mayStay = () => true, lastEventId = undefined) => {
      if (isClosed || clients.size >= settings.maxClients) return false;
      clients.set(response, mayStay);
      response.once("close", () => clients.delete(response));
      // A reset connection is the client's affair; "close" follows and removes it.
      response.on("error", () => response.destroy());
      response.writeHead(200, HEADERS);
      push(response, `retry: ${settings.retryMs}\n: what happened before is not told again, fetch it\n\n`);
      for (const missed of missedSince(lastEventId)) push(response, missed);
      return true;
    },
    send: (event, data) => {
      lastId += 1;
      const bytes = Buffer.from(`event: ${event}\nid: ${epoch}.${lastId}\ndata: ${JSON.stringify(data)}\n\n`);
      keep(lastId, bytes);
      for (const response of clients.keys()) push(response, bytes);
    },
    clients: () => clients.size,
    close: async () => {
      isClosed = true;
      clearInterval(heartbeat);
      for (const response of clients.keys()) response.end();
    },
  };
}
