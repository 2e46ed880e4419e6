import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/** How long bodies may take. */
export interface BodyBounds {
  readonly withinMs: number;
  /** What is still on its way when its request has been answered, refused as a rule, has so long: then the answer was read. */
  readonly answeredMs: number;
  /** The path of uploads: such a body has the server's own limit, once its request was let in. */
  readonly uploadPath: string;
}

const TOLD = JSON.stringify({ code: "too-slow", message: "the body of the request did not come in time" });
const TOO_SLOW =
  "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncache-control: no-store\r\n" +
  `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(TOLD)}\r\n\r\n${TOLD}`;

/**
 * Ends connections whose body is not there in time, so that nobody holds one by sending a byte now and then, least of all
 * with a request that was refused: Node would read its body for as long as uploads may take. All requests are watched, those
 * without a route too.
 */
export function boundBodies(app: FastifyInstance, { withinMs, answeredMs, uploadPath }: BodyBounds): void {
  const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const endIn = (ms: number) => {
      clearTimeout(timers.get(request));
      if (!request.complete)
        timers.set(
          request,
          setTimeout(() => end(request, response), ms),
        );
    };
    endIn(withinMs);
    request.once("close", () => clearTimeout(timers.get(request)));
    response.once("close", () => endIn(answeredMs));
  });
  // Who comes so far has passed all that asks who it is.
  app.addHook("preParsing", async ({ raw, routeOptions }) => {
    if (routeOptions.url === uploadPath) clearTimeout(timers.get(raw));
  });
}

function end({ complete, socket }: IncomingMessage, { headersSent }: ServerResponse): void {
  if (complete) return;
  if (headersSent) {
    socket.destroy();
    return;
  }
  socket.write(TOO_SLOW);
  socket.destroySoon();
}
