import type { z } from "zod";
import { AppError } from "#kit/errors.ts";
import { ErrorView } from "../../http/schemas.ts";

/** What can go wrong with a request, as the pages tell it. */
export type TroubleCode =
  | "offline"
  | "store-unavailable"
  | "not-found"
  | "unauthorized"
  | "too-many"
  | "busy"
  | "server"
  | "malformed";

/** A request that brought no usable answer. */
export class ApiTrouble extends AppError {
  readonly code: TroubleCode;
  readonly retry: boolean;
  /** When the server says that it may be asked again; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;
  constructor(
    code: TroubleCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.retry = code === "offline" || code === "server" || code === "store-unavailable" || code === "busy";
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** The code of anything that a request threw. */
export function troubleOf(error: unknown): TroubleCode {
  return error instanceof ApiTrouble ? error.code : "server";
}

/** Translates an answer's status and error body into the code that the page shows. */
export function troubleCodeOf(status: number, serverCode: string): TroubleCode {
  if (serverCode === "too-busy" || serverCode === "too-many-requests") return "busy";
  if (serverCode.startsWith("store-")) return "store-unavailable";
  if (status === 401) return "unauthorized";
  if (status === 404) return "not-found";
  if (status === 429) return "too-many";
  return "server";
}

/** A parsed answer and the server's own time, where it told. */
export interface Answer<T> {
  readonly body: T;
  readonly serverMs: number | undefined;
  /** The server was not reached: this is the last answer that the browser kept (`offline/service-worker.ts`). */
  readonly isSnapshot: boolean;
}

/** The header by which the service worker marks an answer that it has kept. */
export const SNAPSHOT_HEADER = "x-dvornik-snapshot";

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new ApiTrouble("malformed", "the answer is not JSON", { cause });
  }
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (cause) {
    throw new ApiTrouble("offline", `${path} cannot be reached`, { cause });
  }
  if (response.ok) return response;
  const error = ErrorView.safeParse(await response.json().catch(() => undefined));
  const code = troubleCodeOf(response.status, error.data?.code ?? "");
  const retryAfterMs = retryAfterMsOf(response);
  throw new ApiTrouble(code, error.data?.message ?? `${path} answered ${response.status}`, { retryAfterMs });
}

/** `Retry-After` of a server that is busy, in seconds as ours and most proxies write it. */
function retryAfterMsOf({ status, headers }: Response): number | undefined {
  const seconds = headers.get("retry-after") ?? "";
  return (status === 429 || status === 503) && /^\d{1,5}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

const sending = (method: string, body: unknown): RequestInit =>
  body === undefined
    ? { method }
    : { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };

/** Fetches and parses one answer of the API; throws `ApiTrouble` for everything else. */
export async function ask<T>(
  schema: z.ZodType<T>,
  path: string,
  send?: { method: string; body: unknown },
): Promise<Answer<T>> {
  const response = await reach(path, send === undefined ? {} : sending(send.method, send.body));
  const parsed = schema.safeParse(await jsonOf(response));
  if (!parsed.success) throw new ApiTrouble("malformed", `${path}: ${parsed.error.message}`);
  const serverMs = Date.parse(response.headers.get("date") ?? "");
  const isSnapshot = response.headers.has(SNAPSHOT_HEADER);
  return { body: parsed.data, serverMs: Number.isNaN(serverMs) ? undefined : serverMs, isSnapshot };
}

/** Makes a request whose answer has no body that matters; throws `ApiTrouble` when it fails. */
export async function tell(path: string, method: string, body?: unknown): Promise<void> {
  await reach(path, sending(method, body));
}
