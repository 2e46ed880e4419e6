import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";
import type { Logger } from "#kit/logger.ts";
import type { GatewayConfig } from "../../firmware-config/settings/gateway-settings.ts";
import type { Accounts } from "./accounts.ts";
import { certificateAccounts } from "./certificate-accounts.ts";
import { openAccess } from "./open-mode.ts";
import { followListFile, followListUrl, type RevocationSource } from "./revocation-sources.ts";
import { KeptRevocations, noRevocations, type Revocations } from "./revocations.ts";
import { closedRules, type Rules } from "./rules.ts";
import { watchTokenAccounts } from "./token-accounts.ts";

/** Who may come in, and what he may do. */
export interface Access extends Closer {
  readonly accounts: Accounts;
  readonly rules: Rules;
  /** Who issues the clients' certificates; undefined where clients show tokens only. */
  readonly authority: X509Certificate | undefined;
  /** Whether a client without a certificate may show a token. */
  readonly takesTokens: boolean;
  /** What is not as it was set, one line each. */
  readonly troubles: readonly string[];
}

/** Starts what the settings ask for. Throws `BadConfig` or `BadCredentialsFile` where a file cannot be used. */
export async function startAccess(config: GatewayConfig, clock: Clock, log: Logger): Promise<Access> {
  if (config.OPEN) {
    const { accounts, rules } = openAccess(log);
    return { accounts, rules, authority: undefined, takesTokens: true, troubles: [], close: async () => undefined };
  }
  const authority = config.TLS_CA === undefined ? undefined : await readAuthority(config.TLS_CA);
  const takesTokens = authority === undefined || config.ALLOW_TOKENS;
  const tokens = takesTokens ? await watchTokenAccounts(config.CREDENTIALS_FILE, log) : undefined;
  const revocations = authority === undefined ? nothingToRevoke : await openRevocations(config, authority, clock, log);
  const accounts = certificateAccounts(revocations.kept, tokens, clock);
  return {
    accounts,
    rules: closedRules,
    authority,
    takesTokens,
    get troubles() {
      return [tokens?.trouble, ...revocations.troubles].filter((trouble) => trouble !== undefined);
    },
    close: () => closeAll([accounts, ...revocations.sources]),
  };
}

/** The list and the ways by which it comes. */
interface FollowedRevocations {
  readonly kept: Revocations;
  readonly sources: readonly RevocationSource[];
  readonly troubles: readonly (string | undefined)[];
}

const nothingToRevoke: FollowedRevocations = { kept: noRevocations, sources: [], troubles: [] };
const NO_LIST = "revocations: neither CRL_FILE nor CRL_URL is set, so no certificate can be taken back";

/** Follows the list where the settings name one; else certificates end with their time only, which is said. */
async function openRevocations(
  { DATA_DIR, CRL_FILE, CRL_URL }: GatewayConfig,
  authority: X509Certificate,
  clock: Clock,
  log: Logger,
): Promise<FollowedRevocations> {
  if (CRL_FILE === undefined && CRL_URL === undefined) {
    log.warn({ event: "revocations.none" }, NO_LIST);
    return { ...nothingToRevoke, troubles: [NO_LIST] };
  }
  const kept = await KeptRevocations.open(join(DATA_DIR, "revoked.pem"), authority, log);
  const sources = [
    ...(CRL_FILE === undefined ? [] : [await followListFile(CRL_FILE, kept, log)]),
    ...(CRL_URL === undefined ? [] : [followListUrl(CRL_URL, kept, log)]),
  ];
  return {
    kept,
    sources,
    get troubles() {
      return [kept.troubleAt(clock.nowMs()), ...sources.map(({ trouble }) => trouble)];
    },
  };
}

/** One certificate, not a bundle: revocation lists count the serial numbers of one issuer. */
async function readAuthority(file: string): Promise<X509Certificate> {
  try {
    const pem = await readFile(file, "utf8");
    if (pem.split("-----BEGIN CERTIFICATE-----").length !== 2) throw new TypeError("it must hold one certificate");
    const authority = new X509Certificate(pem);
    if (!authority.ca) throw new TypeError("its certificate is not that of an authority");
    // Node's TLS server trusts roots only (it hands on no `allowPartialTrustChain`), so each client would be refused.
    if (!authority.checkIssued(authority) || !authority.verify(authority.publicKey)) {
      throw new TypeError("its certificate is not issued by itself: an authority below another one cannot be used");
    }
    return authority;
  } catch (cause) {
    throw new BadConfig(`TLS_CA: ${file} cannot be used (${messageOf(cause)})`, { cause });
  }
}
