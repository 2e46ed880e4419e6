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

/** Posts as the administrator and gives the answer; a refusal is an error with the cloud's words. */
export async function postAsAdmin(
  cloud: string,
  tokenFile: string | undefined,
  path: string,
  body: object,
): Promise<unknown> {
  if (tokenFile === undefined) throw new Error("--admin-token-file FILE is needed: it holds the administrator's token");
  const token = await readSecret("--admin-token-file", tokenFile);
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const request = { method: "POST", headers, body: JSON.stringify(body), redirect: "error", signal } as const;
  const answer = await fetch(new URL(path, cloud), request).catch((cause: unknown) => {
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new Error(`${cloud} cannot be reached: ${messageOf(reason)}`, { cause });
  });
  const json: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return json;
  const { data } = Refusal.safeParse(json);
  throw new Error(`the cloud answers ${answer.status}: ${data?.message ?? "nothing that is understood"}`);
}
