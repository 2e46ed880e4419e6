import type { FastifyInstance } from "fastify";

/**
 * Ends connections whose body is not there in time, so that nobody holds one by sending a byte now and then; the path of
 * uploads has the server's own limit.
 */
export function boundBodies(app: FastifyInstance, withinMs: number, uploadPath: string): void {
  app.addHook("onRequest", async ({ raw, routeOptions }, reply) => {
    if (routeOptions.url === uploadPath) return;
    const timer = setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, withinMs);
    reply.raw.once("close", () => clearTimeout(timer));
  });
}
