import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { ClientCertificate } from "../access/certificate.ts";
import type { Metrics } from "../metrics.ts";
import { WebSocketStream } from "./web-socket-stream.ts";
import type { Partial, Wire } from "./wire.ts";

/** What a WebSocket must be like. */
export interface WebSocketRules {
  /** The largest message, in bytes. */
  readonly maxBytes: () => number;
  /** The origins whose pages may connect. What is no page of a browser says none. */
  readonly origins: readonly string[];
  readonly nowMs: () => number;
}

const PATH = "/mqtt";
/** The subprotocol of MQTT 3.1.1 (section 6.0). */
const SUBPROTOCOL = "mqtt";
/** Time for the request that makes a WebSocket of a connection. */
const REQUEST_WITHIN_MS = 10_000;
const MAX_HEADER_BYTES = 8 * 1024;
/** Header bytes of a frame at most (RFC 6455, 5.2); more frames than this for each byte allowed are no message. */
const FRAME_HEADER_BYTES = 14;
/** Pieces that a message may be cut into: what the library keeps of each costs far more than a byte. */
const MOST_FRAGMENTS = 64;
/** Reads in which a message may come: of its largest, 256 bytes at a time, less than the smallest packets of any link. */
const mostReads = (maxBytes: number) => Math.max(1024, Math.ceil(maxBytes / 256));
/** Header and mask of a control frame from a client, whose payload is always short (RFC 6455, 5.5). */
const CONTROL_HEADER_BYTES = 6;
/** Pings and pongs of the WebSocket itself, without a message between: MQTT has its own. */
const MOST_PINGS = 100;

/**
 * Makes wires of fresh connections that ask for a WebSocket on /mqtt with the subprotocol `mqtt`; others are turned away.
 * A browser sends its user's certificate along for any page that asks, so only pages of known origins are let in.
 */
export function openWebSocketDoor(
  rules: WebSocketRules,
  onWire: (wire: Wire) => void,
  metrics: Metrics,
): { take(socket: Socket, certificate: ClientCertificate | undefined): void } {
  const known = new WeakMap<Duplex, ClientCertificate>();
  const waiting = new WeakMap<Duplex, NodeJS.Timeout>();
  const addresses = new WeakMap<Duplex, string>();
  const count = (socket: Duplex, why: string) => metrics.refuse("websocket", addresses.get(socket) ?? "unknown", why);
  const refuse = (socket: Duplex, why: string, status: string) => {
    count(socket, why);
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  };
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    count(request.socket, "no request for a WebSocket");
    response.writeHead(426, { connection: "close", upgrade: "websocket" }).end("ask for a WebSocket\n");
  });
  server.on("clientError", (error, socket) => {
    count(socket, error.message);
    socket.destroy();
  });
  server.on("upgrade", (request, socket, head) => {
    const fault = faultOf(request, rules.origins);
    if (fault !== undefined) return refuse(socket, fault.why, fault.status);
    const maxPayload = rules.maxBytes();
    const bounds = { maxPayload, maxFragments: MOST_FRAGMENTS, maxBufferedChunks: mostReads(maxPayload) };
    const options = { noServer: true, perMessageDeflate: false, clientTracking: false, ...bounds };
    const handshake = new WebSocketServer({ ...options, handleProtocols: () => SUBPROTOCOL });
    handshake.on("wsClientError", (error) => refuse(socket, error.message, "400 Bad Request"));
    return handshake.handleUpgrade(request, socket, head, (webSocket) => {
      clearTimeout(waiting.get(socket));
      onWire(wireOf(webSocket, request.socket, known.get(socket), rules, metrics));
    });
  });
  return {
    take: (socket, certificate) => {
      // Between the request and the WebSocket nobody else listens: a reset there must end this connection only.
      socket.on("error", () => socket.destroy());
      addresses.set(socket, socket.remoteAddress ?? "unknown");
      if (certificate !== undefined) known.set(socket, certificate);
      const tooLate = setTimeout(() => {
        metrics.refuse("no-connect", socket.remoteAddress ?? "unknown", "no request for a WebSocket in time");
        socket.destroy();
      }, REQUEST_WITHIN_MS);
      waiting.set(socket, tooLate);
      socket.once("close", () => clearTimeout(tooLate));
      server.emit("connection", socket);
    },
  };
}

function faultOf(
  { url = "", headers }: IncomingMessage,
  origins: readonly string[],
): { readonly why: string; readonly status: string } | undefined {
  if (url.split("?")[0] !== PATH) return { why: "another path than /mqtt", status: "404 Not Found" };
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  if (!protocols.includes(SUBPROTOCOL)) return { why: "without the subprotocol mqtt", status: "400 Bad Request" };
  const { origin } = headers;
  if (origin === undefined || origins.includes(origin)) return undefined;
  return { why: `a page of ${origin.slice(0, 80)}`, status: "403 Forbidden" };
}

/** The wire of an open WebSocket. The library holds a message until it is whole, so what it holds is counted here. */
function wireOf(
  webSocket: WebSocket,
  socket: Socket,
  certificate: ClientCertificate | undefined,
  { nowMs, maxBytes }: WebSocketRules,
  metrics: Metrics,
): Wire {
  const address = socket.remoteAddress ?? "unknown";
  let partial: Partial | undefined;
  let pings = 0;
  const refuse = (why: string) => {
    metrics.refuse("websocket", address, why);
    webSocket.terminate();
  };
  const mostHeld = maxBytes() * 2 + FRAME_HEADER_BYTES;
  // Before the library's own listener, which ends a message: what follows it in the same bytes is counted with the next.
  socket.prependListener("data", (chunk: Buffer) => {
    partial = { bytes: (partial?.bytes ?? 0) + chunk.length, sinceMs: partial?.sinceMs ?? nowMs() };
    if (partial.bytes > mostHeld + chunk.length) refuse("a message in too many pieces");
  });
  webSocket.on("message", () => {
    partial = undefined;
    pings = 0;
  });
  // It may come in the midst of a message, which then is still not whole.
  const takeControl = ({ length }: Buffer) => {
    const bytes = (partial?.bytes ?? 0) - CONTROL_HEADER_BYTES - length;
    partial = partial !== undefined && bytes > 0 ? { ...partial, bytes } : undefined;
    pings += 1;
    if (pings > MOST_PINGS) refuse("too many pings");
  };
  webSocket.on("ping", takeControl);
  webSocket.on("pong", takeControl);
  webSocket.on("error", (error) => metrics.refuse("websocket", address, error.message));
  const stream = new WebSocketStream(webSocket, () => refuse("a message of text"));
  return {
    stream,
    address,
    certificate,
    keepQuiet: (ms) => void socket.setKeepAlive(true, ms),
    get partial() {
      return partial;
    },
  };
}
