import { clientIdOf } from "#contract/names.ts";
import type { Logger } from "#kit/logger.ts";
import type { GapRefusal } from "./cover-gap.ts";
import type { HealthLine } from "./worker-side.ts";

/** So many are named in `/healthz`, and so many are logged; all are counted. */
const NAMED = 5;
const LOGGED = 1_000;

/**
 * Says in the group's line of `/healthz` which gateways say what they may not, and what to set where that is wrong; each
 * is logged once. It stands there until the next start, which is when the setting is read.
 */
export function tellRefusedGaps(health: Pick<HealthLine, "trouble">, log: Logger): (refusal: GapRefusal) => void {
  const hints = new Set<string>();
  return (refusal) => {
    const hint = hintOf(refusal);
    // Whoever names tenants without end is known by the first ones.
    if (hints.has(hint) || hints.size >= LOGGED) return;
    hints.add(hint);
    const { reason, speaker, tenant } = refusal;
    log.warn({ event: "gap.refused", reason, gateway: clientIdOf(speaker), tenant }, "a gap covers nothing");
    const named = [...hints].slice(0, NAMED).join("; ");
    health.trouble("gaps", hints.size > NAMED ? `${named}; and ${hints.size - NAMED} more` : named);
  };
}

/** What a person reads, and what to do where the gateway is an honest one. */
export function hintOf({ reason, speaker, tenant }: GapRefusal): string {
  const who = clientIdOf(speaker);
  if (reason === "nobody-named") return `${who} says that messages are lost, but not of which device: not counted`;
  const unlisted =
    reason === "unlisted-gateway" ? `add ${speaker.device}=${tenant}` : `add ${tenant} to ${speaker.device}`;
  return `${who} says that messages of ${tenant} are lost, not counted: if it is the gateway there, ${unlisted} in GATEWAYS`;
}
