import { readFile } from "node:fs/promises";
import { type Address, clientIdOf } from "#contract/names.ts";
import { messageOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";
import { readSecret } from "#kit/read-secret.ts";
import type { LinkLogin } from "#uplink/kept-link.ts";
import type { ParentSettings } from "../../firmware-config/settings/parent-settings.ts";

/** How this gateway signs in at its parent, but for which of its connections it is. Rejects with `BadConfig`. */
export async function parentLogin(settings: ParentSettings, own: Address): Promise<Omit<LinkLogin, "clientId">> {
  const { PARENT_URL, PARENT_USERNAME, PARENT_TOKEN, PARENT_TOKEN_FILE } = settings;
  if (PARENT_URL === undefined) throw new BadConfig("PARENT_URL: not set");
  const token =
    PARENT_TOKEN_FILE === undefined ? PARENT_TOKEN : await readSecret("PARENT_TOKEN_FILE", PARENT_TOKEN_FILE);
  const { PARENT_CA, PARENT_CERT, PARENT_KEY } = settings;
  const tls = {
    ...(await pem("PARENT_CA", "ca", PARENT_CA)),
    ...(await pem("PARENT_CERT", "cert", PARENT_CERT)),
    ...(await pem("PARENT_KEY", "key", PARENT_KEY)),
  };
  return { url: PARENT_URL, username: PARENT_USERNAME ?? clientIdOf(own), token, tls };
}

async function pem(key: string, name: "ca" | "cert" | "key", file: string | undefined) {
  if (file === undefined) return {};
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new BadConfig(`${key}: ${file} cannot be read (${messageOf(cause)})`, { cause });
  });
  return { [name]: bytes };
}
