import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";

/** How the cloud signs in at the gateway: with a certificate, or for development with a token. Files are PEM. */
export const BrokerSignIn = z.object({
  token: z.string().nullable(),
  certFile: z.string().nullable(),
  keyFile: z.string().nullable(),
  caFile: z.string().nullable(),
});
export type BrokerSignIn = z.infer<typeof BrokerSignIn>;

/** What a connection is made with. */
export interface BrokerLogin {
  readonly password: string | undefined;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/**
 * Reads the files anew for each connection: after a renewal the next one signs in with the new certificate. Key and
 * certificate of one file are read at once, so that they belong together. Rejects with `BadConfig`.
 */
export async function loginOf({ token, certFile, keyFile, caFile }: BrokerSignIn): Promise<BrokerLogin> {
  const cert = await readPem("BROKER_CERT", certFile);
  const key = keyFile === certFile ? cert : await readPem("BROKER_KEY", keyFile);
  const ca = await readPem("BROKER_CA", caFile);
  return {
    password: token ?? undefined,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

async function readPem(setting: string, file: string | null): Promise<Buffer | undefined> {
  if (file === null) return undefined;
  return await readFile(file).catch((cause: unknown) => {
    throw new BadConfig(`${setting}: ${file} cannot be read (${messageOf(cause)})`, { cause });
  });
}
