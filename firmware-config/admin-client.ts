import { openAsBlob } from "node:fs";
import { z } from "zod";
import { messageOf } from "#kit/errors.ts";
import { readSecret } from "#kit/read-secret.ts";

/** Options of every command that speaks with the cloud in the administrator's name. */
export const ADMIN_OPTIONS = {
  cloud: { type: "string", default: "http://127.0.0.1:8080" },
  "admin-token-file": { type: "string" },
} as const;

const Refusal = z.object({ message: z.string() });
const PATIENCE_MS = 30_000;
/** The file of an update over a slow line; the cloud waits for no longer. */
const UPLOAD_PATIENCE_MS = 3_600_000;

/** What is asked of the cloud. */
export interface AdminRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Path of a file that is sent as it is, instead of a body. */
  readonly file?: string;
  readonly ifMatch?: string;
}

/** What the cloud answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly json: unknown;
}

/** Speaks with the cloud as the administrator. */
export interface AdminClient {
  /** Asks, and gives the answer if it is a success or one of `expected`; any other is an error with the cloud's words. */
  ask(request: AdminRequest, expected?: readonly number[]): Promise<AdminAnswer>;
}

/** Reads the token. Rejects where there is none. */
export async function openAdminClient(cloud: string, tokenFile: string | undefined): Promise<AdminClient> {
  if (tokenFile === undefined) throw new Error("--admin-token-file FILE is needed: it holds the administrator's token");
  const token = await readSecret("--admin-token-file", tokenFile);
  return {
    ask: async (request, expected = []) => {
      const answer = await send(cloud, token, request);
      const json: unknown = await answer.json().catch(() => undefined);
      if (answer.ok || expected.includes(answer.status)) {
        return { status: answer.status, etag: answer.headers.get("etag"), json };
      }
      const { data } = Refusal.safeParse(json);
      throw new Error(`the cloud answers ${answer.status}: ${data?.message ?? "nothing that is understood"}`);
    },
  };
}

/** Posts as the administrator and gives the answer; a refusal is an error with the cloud's words. */
export async function postAsAdmin(
  cloud: string,
  tokenFile: string | undefined,
  path: string,
  body: object,
): Promise<unknown> {
  const client = await openAdminClient(cloud, tokenFile);
  return (await client.ask({ method: "POST", path, body })).json;
}

async function send(
  cloud: string,
  token: string,
  { method, path, body, file, ifMatch }: AdminRequest,
): Promise<Response> {
  const type = file === undefined ? "application/json" : "application/octet-stream";
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined && file === undefined ? {} : { "content-type": type }),
    ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
  };
  const content = file === undefined ? body && JSON.stringify(body) : await openAsBlob(file);
  return await fetch(new URL(path, cloud), {
    method,
    headers,
    ...(content === undefined ? {} : { body: content }),
    redirect: "error",
    signal: AbortSignal.timeout(file === undefined ? PATIENCE_MS : UPLOAD_PATIENCE_MS),
  }).catch((cause: unknown) => {
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new Error(`${cloud} cannot be reached: ${messageOf(reason)}`, { cause });
  });
}
