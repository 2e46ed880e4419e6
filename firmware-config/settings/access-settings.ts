import { z } from "zod";
import { isLoopback } from "#kit/loopback.ts";

/** Where the authority gives its list: `https:` anywhere, `http:` only on this machine. The list itself is signed. */
const ListUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
}, "must be https://..., or http:// on this machine");

/** Who may come in. */
export const accessSettings = {
  TLS_CERT: z.string().optional().describe("PEM file of the certificate chain; turns TLS on"),
  TLS_KEY: z.string().optional().describe("PEM file of the certificate's key"),
  TLS_CA: z.string().optional().describe("PEM file of the authority of clients' certificates; turns mTLS on"),
  CRL_FILE: z.string().optional().describe("PEM file of the authority's revocation list; read again when it changes"),
  CRL_URL: ListUrl.optional().describe("where the authority gives its revocation list; asked each 2 s"),
  ALLOW_TOKENS: z.stringbool().default(false).describe("beside certificates also take tokens (for development)"),
  CREDENTIALS_FILE: z
    .string()
    .default("data/gateway/credentials.json")
    .describe("clients and the hashes of their tokens; read again when it changes"),
} as const;
