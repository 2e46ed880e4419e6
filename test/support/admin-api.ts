import type { z } from "zod";

/** What the administrator's API answered. */
export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: unknown;
}

/** Speaks with a real cloud as its administrator. */
export function adminOf(cloud: { readonly url: string; readonly adminToken: string }) {
  const ask = async (method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> => {
    const answer = await fetch(new URL(path, cloud.url), {
      method,
      headers: {
        authorization: `Bearer ${cloud.adminToken}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, etag: answer.headers.get("etag"), body: text === "" ? null : JSON.parse(text) };
  };
  return {
    get: (path: string) => ask("GET", path),
    post: (path: string, body: unknown) => ask("POST", path, body),
    put: (path: string, body: unknown, headers?: object) => ask("PUT", path, body, headers),
    delete: (path: string) => ask("DELETE", path),
    /** The answer's body as it should be; throws where it is an error. */
    read: async <T>(path: string, schema: z.ZodType<T>): Promise<T> => schema.parse((await ask("GET", path)).body),
  };
}
