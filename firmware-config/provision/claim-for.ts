import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ClaimToken } from "#contract/enrolment.ts";
import { postAsAdmin } from "../admin-client.ts";

/** A claim, and until when it can be turned into a certificate (UTC ms), where that is known. */
export interface HeldClaim {
  readonly claim: string;
  readonly claimExpiresAt?: number;
}

/** Whom a claim is asked for. */
export interface ClaimFor {
  readonly tenant: string;
  readonly device: string;
  readonly role: "device" | "gateway";
  readonly tenants?: readonly string[];
  readonly hours: number;
}

const Made = z.object({ claim: ClaimToken, expiresAt: z.number() });

/** Asks the cloud for a claim in the administrator's name. */
export async function askForClaim(cloud: string, tokenFile: string | undefined, wanted: ClaimFor): Promise<HeldClaim> {
  const { claim, expiresAt } = Made.parse(await postAsAdmin(cloud, tokenFile, "/api/v1/fleet/claims", wanted));
  return { claim, claimExpiresAt: expiresAt };
}

/** Reads a file that holds a claim alone, or what `client:claim` has printed. */
export async function readClaimFile(file: string): Promise<HeldClaim> {
  const text = await readFile(file, "utf8");
  const claim = ClaimToken.safeParse(/^CLAIM=(\S+)$/m.exec(text)?.[1] ?? text.trim());
  if (!claim.success) throw new Error(`--claim-file ${file}: ${claim.error.issues[0]?.message}`);
  const until = Date.parse(/good once, until (\S+?)[;\s]/.exec(`${text} `)?.[1] ?? "");
  return { claim: claim.data, ...(Number.isNaN(until) ? {} : { claimExpiresAt: until }) };
}
