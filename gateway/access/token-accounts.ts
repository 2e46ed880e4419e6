import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Credential, Credentials } from "#contract/credentials.ts";
import { clientIdOf } from "#contract/names.ts";
import { AppError } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { type Accounts, type Identity, identityOf, type Login, type LoginRefusal } from "./accounts.ts";
import { watchFile } from "./watched-file.ts";

/** The credentials file is missing or wrong. */
export class BadCredentialsFile extends AppError {
  readonly code = "bad-credentials-file";
  readonly retry = false;
}

/** Compared with where nobody has the name, so that an unknown name takes as long as a wrong token. */
const NOBODY = Buffer.alloc(32);

/**
 * Accounts by the tokens of a credentials file, which is read again when it changes; a change that cannot be read is
 * logged once and the clients of before stay. Throws `BadCredentialsFile` when it cannot be read at the start.
 */
export async function watchTokenAccounts(
  file: string,
  log: Logger,
): Promise<Accounts & { readonly trouble: string | undefined }> {
  const watched = await watchFile({ name: "credentials", files: [file], read: () => readClients(file) }, log);
  const issued = new WeakMap<Identity, Credential>();
  return {
    authenticate: (login) => {
      const credential = watched.content.get(login.username);
      const identity = identify(credential, login);
      if (credential !== undefined && typeof identity === "object") issued.set(identity, credential);
      return identity;
    },
    endOf: (identity) => {
      const given = issued.get(identity);
      const now = given === undefined ? undefined : watched.content.get(clientIdOf(given));
      return now !== undefined && isDeepStrictEqual(now, given) ? undefined : "revoked";
    },
    get trouble() {
      return watched.trouble;
    },
    close: () => watched.close(),
  };
}

function identify(credential: Credential | undefined, { clientId, password }: Login): Identity | LoginRefusal {
  const expected = credential === undefined ? NOBODY : Buffer.from(credential.tokenSha256, "hex");
  const isRight = timingSafeEqual(createHash("sha256").update(password).digest(), expected);
  if (credential === undefined || !isRight) return "bad-credentials";
  return identityOf(credential, clientId);
}

async function readClients(file: string): Promise<ReadonlyMap<string, Credential>> {
  try {
    const { clients } = Credentials.parse(JSON.parse(await readFile(file, "utf8")));
    return new Map(clients.map((client) => [clientIdOf(client), client]));
  } catch (cause) {
    throw new BadCredentialsFile(`the credentials file ${file} cannot be read`, { cause });
  }
}
