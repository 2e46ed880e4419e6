import { Gap } from "#contract/messages.ts";
import { type Address, RESERVED_TENANT } from "#contract/names.ts";
import { JsonText } from "#kit/json-text.ts";
import { unite } from "#kit/ranges.ts";
import { addTo } from "../store/state/counters.ts";
import { acceptGap, keepReport, refusedGapsOf } from "../store/state/devices.ts";
import type { Place } from "../store/state/log-book.ts";
import type { StateStore, StateTransaction } from "../store/state/state-store.ts";
import { type Gateways, speaksFor } from "./gateways.ts";

/** Why what a gap says is not believed; the name of its count. */
export type RefusalReason = "not-its-own" | "nobody-named" | "unlisted-gateway" | "unlisted-tenant";

/** A gap that covers nothing: who spoke, and of which tenant. */
export interface GapRefusal {
  readonly reason: RefusalReason;
  readonly speaker: Address;
  readonly tenant: string;
}

/** What covering the numbers of gaps needs. */
export interface GapStores {
  readonly state: StateStore;
  readonly gateways: Gateways;
  readonly nowMs: () => number;
  /** A gateway said what it may not: its numbers stay late, and a person should know. May be told again. */
  readonly onRefusedGap: (refusal: GapRefusal) => void;
}

/** Refused gaps of one round of a replay: each is some kilobytes. */
const REPLAY_BATCH = 200;
/** What was refused longer ago is not told again after a start: perhaps it was a lie, and nothing is left to do. */
const TOLD_FOR_MS = 7 * 86_400_000;

type Verdict = { readonly owner: Address } | { readonly refusal: GapRefusal };

/**
 * Whose log a gap covers, or why none. A device speaks of itself; a gateway also of the devices that it names, of the
 * tenants that it is listed for. Where one says anew what another one said, each of them must have been allowed to.
 */
export function judgeGap(sender: Address, gap: Gap, gateways: Gateways): Verdict {
  const { lostTenant: tenant, lostDevice: device, saidBy = [] } = gap;
  const named = tenant === undefined || device === undefined ? undefined : { tenant, device };
  const owner = named ?? sender;
  const refuse = (reason: RefusalReason, speaker = sender): Verdict => ({
    refusal: { reason, speaker, tenant: owner.tenant },
  });
  if (sender.tenant !== RESERVED_TENANT) return isSame(owner, sender) ? { owner } : refuse("not-its-own");
  if (named === undefined && gap.lostLog !== gap.log) return refuse("nobody-named");
  for (const name of [sender.device, ...saidBy]) {
    const speaker = { tenant: RESERVED_TENANT, device: name };
    if (isSame(owner, speaker) || speaksFor(gateways, name, owner.tenant)) continue;
    return refuse(gateways.has(name) ? "unlisted-tenant" : "unlisted-gateway", speaker);
  }
  return { owner };
}

const isSame = (one: Address, other: Address) => one.tenant === other.tenant && one.device === other.device;

/** Keeps a gap, and counts what it names as covered and lost where its sender may say so. */
export function applyGap(
  { sql, logs, nowMs }: StateTransaction,
  place: Place,
  gap: Gap,
  body: string,
  { gateways, onRefusedGap }: Pick<GapStores, "gateways" | "onRefusedGap">,
): void {
  addTo(sql, "gaps", 1);
  const verdict = judgeGap({ tenant: place.tenant, device: place.device }, gap, gateways);
  // Numbers of a gateway's journal stand for messages that nobody could read: they cover no log, whoever says them.
  if (gap.of === "journal" || "owner" in verdict) {
    keepReport(sql, place, "gap", body, nowMs);
    if ("owner" in verdict && gap.of !== "journal") coverGap(logs, verdict.owner, gap);
    return;
  }
  keepReport(sql, place, "refused-gap", body, nowMs);
  addTo(sql, `gaps-refused ${verdict.refusal.reason}`, 1);
  tell(verdict.refusal, onRefusedGap);
}

/** Tries the refused gaps of gateways again: the list of who may speak for whom may have changed at this start. */
export function replayGaps({ state, gateways, nowMs, onRefusedGap }: GapStores): void {
  for (let after = 0; ; ) {
    const kept = state.read((sql) => refusedGapsOf(sql, RESERVED_TENANT, after, REPLAY_BATCH));
    if (kept.length === 0) return;
    after = kept.at(-1)?.n ?? after;
    const accepted: { readonly n: number; readonly owner: Address; readonly gap: Gap }[] = [];
    for (const { n, device, storedAt, body } of kept) {
      const gap = GapJson.parse(body);
      const verdict = judgeGap({ tenant: RESERVED_TENANT, device }, gap, gateways);
      if ("owner" in verdict) accepted.push({ n, owner: verdict.owner, gap });
      else if (nowMs() - storedAt < TOLD_FOR_MS) tell(verdict.refusal, onRefusedGap);
    }
    if (accepted.length === 0) continue;
    state.transaction(nowMs(), ({ sql, logs }) => {
      for (const { n, owner, gap } of accepted) {
        coverGap(logs, owner, gap);
        acceptGap(sql, n);
      }
    });
  }
}

/** Read when the message came; it is kept as it was. */
const GapJson = JsonText.pipe(Gap);

/** Any device can speak of another one: that is counted, and no alarm. */
function tell(refusal: GapRefusal, onRefusedGap: GapStores["onRefusedGap"]): void {
  if (refusal.speaker.tenant === RESERVED_TENANT) onRefusedGap(refusal);
}

function coverGap(logs: StateTransaction["logs"], owner: Address, { lostLog, ranges }: Gap): void {
  const sound = ranges.filter(([first, last]) => first <= last);
  logs.cover({ ...owner, log: lostLog }, unite([], sound));
}
