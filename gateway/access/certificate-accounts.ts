import type { Clock } from "#kit/clock.ts";
import { type Accounts, type Identity, identityOf } from "./accounts.ts";
import type { ClientCertificate } from "./certificate.ts";

/** Which certificates were taken back. */
export interface Revoked {
  isRevoked(serial: string): boolean;
}

/**
 * Accounts by certificates: who it is stands in the certificate, and a user name and a password are not looked at.
 * `tokens` are asked about connections without one; without them those are refused.
 */
export function certificateAccounts(revoked: Revoked, tokens: Accounts | undefined, clock: Clock): Accounts {
  const issued = new WeakMap<Identity, ClientCertificate>();
  const endOfCertificate = ({ serial, notAfterMs }: ClientCertificate) => {
    if (revoked.isRevoked(serial)) return "revoked";
    return clock.nowMs() > notAfterMs ? "expired" : undefined;
  };
  return {
    authenticate: (login) => {
      const { certificate, clientId } = login;
      if (certificate === undefined) return tokens?.authenticate(login) ?? "bad-credentials";
      const end = endOfCertificate(certificate);
      if (end !== undefined) return end;
      const identity = identityOf(certificate.principal, clientId);
      if (identity !== "client-id") issued.set(identity, certificate);
      return identity;
    },
    endOf: (identity) => {
      const certificate = issued.get(identity);
      return certificate === undefined ? tokens?.endOf(identity) : endOfCertificate(certificate);
    },
    close: async () => tokens?.close(),
  };
}
