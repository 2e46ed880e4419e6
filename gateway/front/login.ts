import type { Connect, RefusedConnect } from "#mqtt/connect.ts";
import type { Accounts, Identity, LoginRefusal } from "../access/accounts.ts";
import type { Rules } from "../access/rules.ts";
import type { RefusalReason } from "../metrics.ts";
import { CONNACK } from "./connect-packet.ts";
import type { Wire } from "./wire.ts";

/** A CONNECT that is answered with a return code before its connection is closed. */
export interface ConnectRefusal {
  readonly kind: "refusal";
  readonly code: number;
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Who a CONNECT lets in. */
export interface Admitted {
  readonly kind: "admitted";
  readonly identity: Identity;
  readonly connect: Connect;
}

const CODE_OF: Readonly<Record<LoginRefusal, number>> = {
  "bad-credentials": CONNACK.badCredentials,
  "client-id": CONNACK.clientId,
  revoked: CONNACK.notAuthorised,
  expired: CONNACK.notAuthorised,
  "no-revocation-list": CONNACK.unavailable,
};

/** Judges a CONNECT: what was understood of it, who it is, and whether its will is its own to have. */
export function judgeConnect(
  connect: Connect | RefusedConnect,
  { certificate }: Wire,
  { accounts, rules }: { readonly accounts: Accounts; readonly rules: Rules },
): Admitted | ConnectRefusal {
  const refusal = (code: number, reason: RefusalReason, detail: string): ConnectRefusal => {
    return { kind: "refusal", code, reason, detail };
  };
  if (connect.kind === "refused") {
    const { returnCode, why } = connect;
    return refusal(returnCode, returnCode === CONNACK.clientId ? "client-id" : "protocol-version", why);
  }
  const { clientId, username = "", password = Buffer.alloc(0), will } = connect;
  const identity = accounts.authenticate({ clientId, username, password, certificate });
  if (typeof identity === "string") {
    return refusal(CODE_OF[identity], identity, `as ${(certificate === undefined ? username : clientId).slice(0, 80)}`);
  }
  if (will !== undefined && !rules.mayHaveWill(identity, will.topic)) {
    return refusal(CONNACK.notAuthorised, "will", `a will on ${will.topic}`);
  }
  return { kind: "admitted", identity, connect };
}
