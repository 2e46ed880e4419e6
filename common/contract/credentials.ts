import { z } from "zod";
import { DeviceName, TenantName } from "./names.ts";

/** What a client of the gateway may be. */
export const Role = z.enum(["device", "consumer"]);
export type Role = z.infer<typeof Role>;

/** One client: the gateway keeps only the SHA-256 (hex) of its token, which is 32 random bytes and so needs no salt. */
export const Credential = z.object({
  tenant: TenantName,
  device: DeviceName,
  role: Role,
  tokenSha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Credential = z.infer<typeof Credential>;

/** The gateway's credentials file. */
export const Credentials = z.object({ clients: z.array(Credential) });
export type Credentials = z.infer<typeof Credentials>;
