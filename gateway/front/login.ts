import type { Connect, RefusedConnect } from "#mqtt/connect.ts";
import type { Accounts, Identity, Login, LoginRefusal } from "../access/accounts.ts";
import type { Lockout } from "../access/lockout.ts";
import type { Rules } from "../access/rules.ts";
import type { RefusalReason } from "../metrics.ts";
import { originOf } from "./client-address.ts";
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

const CODE_OF: Readonly<Record<LoginRefusal | "locked-out", number>> = {
  "bad-credentials": CONNACK.badCredentials,
  "client-id": CONNACK.clientId,
  "locked-out": CONNACK.unavailable,
  revoked: CONNACK.notAuthorised,
  expired: CONNACK.notAuthorised,
  "no-revocation-list": CONNACK.unavailable,
};

/** What a CONNECT is judged with. */
export interface Judges {
  readonly accounts: Accounts;
  readonly rules: Rules;
  readonly lockout: Lockout;
}

/** Judges a CONNECT: what was understood of it, who it is, and whether its will is its own to have. */
export function judgeConnect(
  connect: Connect | RefusedConnect,
  wire: Wire,
  judges: Judges,
  nowMs: number,
): Admitted | ConnectRefusal {
  const refusal = (code: number, reason: RefusalReason, detail: string): ConnectRefusal => {
    return { kind: "refusal", code, reason, detail };
  };
  if (connect.kind === "refused") {
    const { returnCode, why } = connect;
    return refusal(returnCode, returnCode === CONNACK.clientId ? "client-id" : "protocol-version", why);
  }
  const { clientId, username = "", password = Buffer.alloc(0), will } = connect;
  const { certificate } = wire;
  const identity = signIn({ clientId, username, password, certificate }, wire, judges, nowMs);
  if (typeof identity === "string") {
    return refusal(CODE_OF[identity], identity, `as ${(certificate === undefined ? username : clientId).slice(0, 80)}`);
  }
  if (will !== undefined && !judges.rules.mayHaveWill(identity, will)) {
    return refusal(CONNACK.notAuthorised, "will", `a will on ${will.topic}`);
  }
  return { kind: "admitted", identity, connect };
}

/**
 * Only tokens can be guessed: a certificate never locks anybody out. The right token always comes in, or one that guesses behind
 * the same address would shut out the device; only wrong ones are told to wait.
 */
function signIn(login: Login, { address }: Wire, { accounts, lockout }: Judges, nowMs: number) {
  const identity = accounts.authenticate(login);
  if (login.certificate !== undefined || identity !== "bad-credentials") return identity;
  const origin = originOf(address);
  if (lockout.waitMs(origin, login.username, nowMs) > 0) return "locked-out";
  lockout.failed(origin, login.username, nowMs);
  return identity;
}
