import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "#kit/clock.ts";
import { ApiError } from "./errors.ts";
import { countWrongTries, remember } from "./wrong-tries.ts";

/** A session ends after this time; the person types the token again. */
const SESSION_MS = 12 * 3_600_000;

/** What a request shows: the session of its cookie, the token of its `Authorization: Bearer`, and where it is from. */
export interface Shown {
  readonly session: string | undefined;
  readonly bearer: string | undefined;
  readonly address: string;
}

/** The administrator's door. Without a configured token it is shut for everyone. */
export interface AdminAccess {
  /** Opens a session for the right token. Throws `ApiError` 401 or, after too many wrong tries, 429; the right token is never shut out. */
  logIn(token: string, address: string): string;
  logOut(session: string): void;
  /** Whether the request is the administrator's. Throws `ApiError` 429 after too many wrong bearer tokens. */
  isAdmin(shown: Shown): boolean;
  isOpen(session: string): boolean;
  /** Whether this is the token; a wrong one is not counted here. */
  isToken(token: string): boolean;
  readonly sessionMs: number;
}

export interface AdminAccessParts {
  /** SHA-256 (hex) of the administrator's token. */
  readonly tokenSha256: string | undefined;
  readonly clock: Clock;
  /** A new unguessable name. */
  readonly randomName: () => string;
}

/** Sessions live in memory: a restart ends them all. */
export function createAdminAccess({ tokenSha256, clock, randomName }: AdminAccessParts): AdminAccess {
  const sessions = new Map<string, number>();
  const wrongTries = countWrongTries("tokens", clock);

  const isOpen = (session: string): boolean => {
    const endsMs = sessions.get(session);
    if (endsMs !== undefined && clock.nowMs() >= endsMs) sessions.delete(session);
    return sessions.has(session);
  };
  const isToken = (token: string) => tokenSha256 !== undefined && token !== "" && isTokenOf(token, tokenSha256);
  const isRight = (token: string, address: string): boolean => {
    // First, so that nobody who shares an address with the administrator can shut them out.
    if (isToken(token)) return true;
    wrongTries.count(address);
    return false;
  };

  return {
    logIn: (token, address) => {
      if (!isRight(token, address)) throw new ApiError(401, "wrong-token", "this is not the administrator's token");
      const session = randomName();
      remember(sessions, session, clock.nowMs() + SESSION_MS);
      return session;
    },
    logOut: (session) => {
      sessions.delete(session);
    },
    isAdmin: ({ session, bearer, address }) => {
      if (session !== undefined && isOpen(session)) return true;
      return bearer !== undefined && isRight(bearer, address);
    },
    isToken,
    isOpen,
    sessionMs: SESSION_MS,
  };
}

function isTokenOf(token: string, sha256Hex: string): boolean {
  const given = createHash("sha256").update(token).digest();
  const wanted = Buffer.from(sha256Hex, "hex");
  return wanted.length === given.length && timingSafeEqual(given, wanted);
}
