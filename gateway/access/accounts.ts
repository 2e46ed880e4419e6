import { type Address, clientIdOf } from "#contract/names.ts";
import type { Principal, Role } from "#contract/principals.ts";
import type { Closer } from "#kit/closer.ts";
import type { ClientCertificate } from "./certificate.ts";

/** Who a connection is, once its certificate or its token was found right. */
export interface Identity {
  readonly clientId: string;
  readonly address: Address;
  readonly role: Role;
  /** The tenants that a gateway speaks for and an operator looks into. */
  readonly tenants: readonly string[];
}

/** Why somebody is nobody here. */
export type LoginRefusal = "bad-credentials" | "client-id" | EndOfLogin;

/** Why that which an identity was given for does not stand. */
export type EndOfLogin = "revoked" | "expired" | "no-revocation-list";

/** Who may connect. */
export interface Accounts extends Closer {
  /** Who this is, or why it is nobody. */
  authenticate(login: Login): Identity | LoginRefusal;
  /** Why that which an identity was given for stands no more; undefined while it does. */
  endOf(identity: Identity): EndOfLogin | undefined;
}

/** What a connection and its CONNECT say of their sender. */
export interface Login {
  readonly clientId: string;
  readonly username: string;
  readonly password: Uint8Array;
  /** The certificate that the TLS layer found right, where there is one. */
  readonly certificate: ClientCertificate | undefined;
}

/**
 * The identity of a principal under a client id: `{tenant}:{device}`, and for whoever is no device also
 * `{tenant}:{device}:{connection}`, since it may hold several connections.
 */
export function identityOf(principal: Principal, clientId: string): Identity | "client-id" {
  const { tenant, device, role, tenants } = principal;
  const own = clientIdOf(principal);
  const isConnection = clientId.startsWith(`${own}:`) && /^[a-z0-9-]{1,32}$/.test(clientId.slice(own.length + 1));
  const isOwnId = clientId === own || (role !== "device" && isConnection);
  return isOwnId ? { clientId, address: { tenant, device }, role, tenants } : "client-id";
}
