import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";
import type { Logger } from "#kit/logger.ts";
import type { GatewayConfig } from "../config.ts";
import type { Accounts } from "./accounts.ts";
import { certificateAccounts } from "./certificate-accounts.ts";
import { openAccess } from "./open-mode.ts";
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
  const accounts = authority === undefined ? tokens : certificateAccounts({ isRevoked: () => false }, tokens, clock);
  if (accounts === undefined) throw new BadConfig("TLS_CA or CREDENTIALS_FILE is needed");
  return {
    accounts,
    rules: closedRules,
    authority,
    takesTokens,
    get troubles() {
      return [tokens?.trouble].filter((trouble) => trouble !== undefined);
    },
    close: () => accounts.close(),
  };
}

/** One certificate, not a bundle: revocation lists count the serial numbers of one issuer. */
async function readAuthority(file: string): Promise<X509Certificate> {
  try {
    const pem = await readFile(file, "utf8");
    if (pem.split("-----BEGIN CERTIFICATE-----").length !== 2) throw new TypeError("it must hold one certificate");
    const authority = new X509Certificate(pem);
    if (!authority.ca) throw new TypeError("its certificate is not that of an authority");
    return authority;
  } catch (cause) {
    throw new BadConfig(`TLS_CA: ${file} cannot be used (${messageOf(cause)})`, { cause });
  }
}
