import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { DiskUnwritable } from "#kit/durable-file.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { StoreUnavailable } from "../store/measurements/measurements.ts";

/** An answer that is no success, with its HTTP status; the message is for a person. */
export class ApiError extends AppError {
  readonly retry = false;
  readonly code: string;
  readonly status: number;
  readonly retryAfterS: number | undefined;
  constructor(status: number, code: string, message: string, retryAfterS?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** No such thing under this name. */
export const notFound = (what: string): ApiError => new ApiError(404, "not-found", `there is no such ${what}`);

/** When a client may ask again, unless the store said so itself. */
const RETRY_AFTER_S = 5;

/** What a client is told of a failure. */
interface Told {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterS?: number | undefined;
}

/** Answers `{code, message}`; what we did not foresee is logged and told without details. */
export const tellError =
  (log: Logger) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, code, message, retryAfterS } = toldOf(error);
    if (status === 500) log.error({ event: "http.failed", err: error, url: request.url }, "a request failed");
    if (retryAfterS !== undefined) void reply.header("retry-after", retryAfterS);
    // A route may have said already of what type its answer is.
    return reply
      .code(status)
      .header("cache-control", "no-store")
      .type("application/json; charset=utf-8")
      .send({ code, message });
  };

/** Makes every error answer by `tellError`; where there is no such page no body is waited for. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler(tellError(log));
  app.addHook("onRequest", async ({ is404 }) => {
    if (is404) throw notFound("page");
  });
  app.setNotFoundHandler((request, reply) => tellError(log)(notFound("page"), request, reply));
}

function toldOf(error: FastifyError): Told {
  const cause: unknown = error;
  if (cause instanceof ApiError) return cause;
  if (cause instanceof StoreUnavailable) {
    const retryAfterS = cause.retryAfterMs === undefined ? RETRY_AFTER_S : Math.ceil(cause.retryAfterMs / 1000);
    return { status: 503, code: cause.code, message: "the store does not answer now", retryAfterS };
  }
  if (cause instanceof DiskUnwritable && cause.code === "disk-full") {
    return { status: 507, code: cause.code, message: cause.message };
  }
  if (cause instanceof AppError && cause.retry) {
    return { status: 503, code: cause.code, message: "this does not work now", retryAfterS: RETRY_AFTER_S };
  }
  if (hasZodFastifySchemaValidationErrors(error))
    return { status: 400, code: "bad-request", message: messageOf(error) };
  const { statusCode } = error;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: "bad-request", message: messageOf(error) };
  }
  return { status: 500, code: "internal", message: "something went wrong here" };
}
