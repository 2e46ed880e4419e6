import { createHash, timingSafeEqual } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Credential, Credentials } from "#contract/credentials.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import type { Role } from "#contract/principals.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError, messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";

/** Who a connection is, once its token was found right. */
export interface Identity {
  readonly clientId: string;
  readonly address: Address;
  readonly role: Role;
  /** The tenants that a gateway speaks for and an operator looks into. */
  readonly tenants: readonly string[];
}

/** The credentials file is missing or wrong. */
export class BadCredentialsFile extends AppError {
  readonly code = "bad-credentials-file";
  readonly retry = false;
}

/** Who may connect. */
export interface Accounts extends Closer {
  /** Who this is, or why it is nobody. */
  authenticate(login: Login): Identity | "bad-credentials" | "client-id";
  /** Whether that which an identity was given for still stands: it falls with its token, its role or its removal. */
  stillHolds(identity: Identity): boolean;
}

/** What a CONNECT says of its sender. */
export interface Login {
  readonly clientId: string;
  readonly username: string;
  readonly password: Uint8Array;
}

const LOOK_EVERY_MS = 500;
/** Compared with where nobody has the name, so that an unknown name takes as long as a wrong token. */
const NOBODY = Buffer.alloc(32);

/**
 * Reads the credentials file and reads it again when it changes; a change that cannot be read is logged once and the
 * clients of before stay. Throws `BadCredentialsFile` when it cannot be read at the start.
 */
export async function watchAccounts(file: string, log: Logger): Promise<Accounts> {
  let versionMs = await changedMs(file);
  let clients = await readClients(file);
  let lastTrouble: string | undefined;
  const issued = new WeakMap<Identity, Credential>();
  const look = async () => {
    const changed = await changedMs(file);
    if (changed === versionMs) {
      lastTrouble = undefined;
      return;
    }
    const read = await readClients(file).catch((error: unknown) => {
      // Tried again at each look, since a disk may come back without any change of the file.
      const trouble = `${changed} ${causeOf(error)}`;
      if (trouble === lastTrouble) return undefined;
      lastTrouble = trouble;
      throw error;
    });
    if (read === undefined) return;
    clients = read;
    versionMs = changed;
    lastTrouble = undefined;
    log.info({ event: "credentials.read", clients: clients.size }, "credentials file read again");
  };
  const watching = every(LOOK_EVERY_MS, look, (error) => {
    log.error({ event: "credentials.unreadable", err: error, file }, "credentials file cannot be read; old ones stay");
  });
  return {
    authenticate: (login) => {
      const credential = clients.get(login.username);
      const identity = identify(credential, login);
      if (credential !== undefined && typeof identity === "object") issued.set(identity, credential);
      return identity;
    },
    stillHolds: (identity) => {
      const given = issued.get(identity);
      const now = given === undefined ? undefined : clients.get(clientIdOf(given));
      return now !== undefined && isDeepStrictEqual(now, given);
    },
    close: () => watching.close(),
  };
}

const causeOf = (error: unknown): string => messageOf(error instanceof Error ? error.cause : error);

function identify(credential: Credential | undefined, login: Login): Identity | "bad-credentials" | "client-id" {
  const { clientId, username, password } = login;
  const expected = credential === undefined ? NOBODY : Buffer.from(credential.tokenSha256, "hex");
  const isRight = timingSafeEqual(createHash("sha256").update(password).digest(), expected);
  if (credential === undefined || !isRight) return "bad-credentials";
  const { tenant, device, role, tenants } = credential;
  const isOwnId = clientId === username || (role !== "device" && isConnectionOf(username, clientId));
  return isOwnId ? { clientId, address: { tenant, device }, role, tenants } : "client-id";
}

/** Whoever is no device may hold several connections: `{tenant}:{device}:{connection}`. */
function isConnectionOf(username: string, clientId: string): boolean {
  return clientId.startsWith(`${username}:`) && /^[a-z0-9-]{1,32}$/.test(clientId.slice(username.length + 1));
}

const changedMs = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;

async function readClients(file: string): Promise<ReadonlyMap<string, Credential>> {
  try {
    const { clients } = Credentials.parse(JSON.parse(await readFile(file, "utf8")));
    return new Map(clients.map((client) => [clientIdOf(client), client]));
  } catch (cause) {
    throw new BadCredentialsFile(`the credentials file ${file} cannot be read`, { cause });
  }
}
