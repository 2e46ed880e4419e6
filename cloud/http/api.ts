import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { ErrorView } from "./schemas.ts";

/** The server as routes see it: schemas are zod, types follow from them. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Error answers that a route documents besides its own answer. */
export const badRequest = { 400: ErrorView.describe("a parameter is wrong") } as const;
export const missing = { 404: ErrorView.describe("there is no such thing") } as const;
export const unavailable = { 503: ErrorView.describe("a store does not answer now; try again") } as const;
export const tooMany = { 429: ErrorView.describe("too many requests from this address in a minute") } as const;
export const unchanged = { 304: z.null().describe("it has not changed") } as const;
export const unauthorized = {
  401: ErrorView.describe("not the administrator"),
  429: ErrorView.describe("too many wrong tokens"),
} as const;
export const foreign = { 403: ErrorView.describe("asked for by another site's page") } as const;

/** Answers that change with the next message: a browser may keep them but must ask whether they still hold. */
export const ASK_AGAIN = "no-cache";
