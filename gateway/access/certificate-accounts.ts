import type { Clock } from "#kit/clock.ts";
import { type Accounts, type Identity, identityOf } from "./accounts.ts";
import type { ClientCertificate } from "./certificate.ts";
import type { Revocations } from "./revocations.ts";

/**
 * Accounts by certificates: who it is stands in the certificate, and a user name and a password are not looked at.
 * `tokens` are asked about connections without one; without them those are refused.
 */
export function certificateAccounts(revocations: Revocations, tokens: Accounts | undefined, clock: Clock): Accounts {
  const issued = new WeakMap<Identity, ClientCertificate>();
  const faultOf = (certificate: ClientCertificate) => {
    if (clock.nowMs() > certificate.notAfterMs) return "expired";
    const status = revocations.statusOf(certificate);
    return status === "good" ? undefined : status === "revoked" ? "revoked" : "no-revocation-list";
  };
  return {
    authenticate: (login) => {
      const { certificate, clientId } = login;
      if (certificate === undefined) return tokens?.authenticate(login) ?? "bad-credentials";
      const fault = faultOf(certificate);
      if (fault !== undefined) return fault;
      const identity = identityOf(certificate.principal, clientId);
      if (identity !== "client-id") issued.set(identity, certificate);
      return identity;
    },
    endOf: (identity) => {
      const certificate = issued.get(identity);
      return certificate === undefined ? tokens?.endOf(identity) : faultOf(certificate);
    },
    close: async () => tokens?.close(),
  };
}
