import { z } from "zod";
import { Principal } from "./principals.ts";

/** One client: the gateway keeps only the SHA-256 (hex) of its token, which is 32 random bytes and so needs no salt. */
export const Credential = Principal.extend({ tokenSha256: z.string().regex(/^[0-9a-f]{64}$/) });
export type Credential = z.infer<typeof Credential>;

/** The gateway's credentials file. */
export const Credentials = z.object({ clients: z.array(Credential) });
export type Credentials = z.infer<typeof Credentials>;
