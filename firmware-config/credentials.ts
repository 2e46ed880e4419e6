import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { Credentials } from "#contract/credentials.ts";
import type { Principal } from "#contract/principals.ts";
import { writeDurably } from "#kit/durable-file.ts";

/** A new token: 32 random bytes, base64url. Whoever holds it is the client; it is shown once and kept only as a hash. */
export const makeToken = (): string => randomBytes(32).toString("base64url");

/** What the gateway keeps of a token. */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("hex");

/**
 * Makes a token for a client and adds it to the gateway's credentials file (created with mode 0600 where it is missing).
 *
 * A client that is already there gets a new token; whoever is connected with the old one is closed. The file is replaced
 * as a whole, so the gateway never reads half of it; two programs must not add to one file at the same time.
 */
export async function addClient(file: string, client: z.input<typeof Principal>): Promise<string> {
  const token = makeToken();
  const { clients } = await readCredentials(file);
  const others = clients.filter(({ tenant, device }) => tenant !== client.tenant || device !== client.device);
  const added = Credentials.parse({ clients: [...others, { ...client, tokenSha256: hashToken(token) }] });
  await writeDurably(file, `${JSON.stringify(added, undefined, 2)}\n`, 0o600);
  return token;
}

async function readCredentials(file: string): Promise<Credentials> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? { clients: [] } : Credentials.parse(JSON.parse(text));
}
