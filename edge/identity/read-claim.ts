import { ClaimToken } from "#contract/enrolment.ts";
import { BadConfig } from "#kit/load-config.ts";
import { readSecret } from "#kit/read-secret.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";

/** The claim of the moment, or undefined where there is none. Rejects with `BadConfig` when its file holds none. */
export async function readClaim({ CLAIM, CLAIM_FILE }: EdgeConfig): Promise<string | undefined> {
  if (CLAIM !== undefined || CLAIM_FILE === undefined) return CLAIM;
  const text = await readSecret("CLAIM_FILE", CLAIM_FILE);
  const claim = ClaimToken.safeParse(text);
  if (!claim.success) throw new BadConfig(`CLAIM_FILE: ${CLAIM_FILE} ${claim.error.issues[0]?.message}`);
  return claim.data;
}
