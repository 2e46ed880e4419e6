import { z } from "zod";
import { chainHash, isVisitSignedBy } from "#contract/evidence.ts";
import type { Visit } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { messageOf } from "#kit/errors.ts";
import { raiseDirtyAfter } from "../alerts/alert-book.ts";
import { leftDirty } from "../alerts/dirty-after.ts";
import type { IngestEvent } from "../ingest/events.ts";
import type { RegistryIndex } from "../registry/registry-index.ts";
import { addTo } from "../store/state/counters.ts";
import { isStorageFailure, type Sql } from "../store/state/database.ts";
import type { Problem } from "../store/state/dead-letters.ts";
import { pinnedKeyOf } from "../store/state/devices.ts";
import type { VisitRow } from "../store/state/state-view.ts";
import { dueVisits, keptVisit, knownTimesOf, noteWaiting, putAside, type VisitTimes } from "./visit-times.ts";

/** What became of a visit. */
export type VisitOutcome = { readonly problem: Problem } | { readonly problem?: never; readonly events: IngestEvent[] };

/** The visit as it was signed: with the members that this version does not know. */
const Signed = z.looseObject({ sig: z.string() });
const Kept = z.object({ chain_hash: z.string() });
const Unverified = z.object({ visit: z.string(), site: z.string(), body: z.string() });

/**
 * Keeps a visit, moves its site's state and raises the alert where it is due, all in the caller's transaction.
 *
 * A visit that somebody else has signed is kept and counted, and that is all that it does. The same visit twice is one; a different one under the same name is a problem, and the first stays.
 */
export function keepVisit(
  sql: Sql,
  address: Address,
  visit: Visit,
  body: string,
  registry: RegistryIndex,
  nowMs: number,
): VisitOutcome {
  const site = registry.site(visit.site);
  if (site === undefined || site.tenant !== address.tenant) {
    return {
      problem: { reason: "unknown-site", detail: `no site ${visit.site} of ${address.tenant} in the registry` },
    };
  }
  const signed = Signed.parse(JSON.parse(body));
  const hash = hashOf(signed);
  if (typeof hash !== "string") return { problem: hash };
  const { tenant, device } = address;
  const kept = sql.get(
    Kept,
    "SELECT chain_hash FROM visits WHERE tenant = ? AND device = ? AND visit = ?",
    ...[tenant, device, visit.visit],
  );
  if (kept !== undefined) {
    if (kept.chain_hash === hash) return { events: [] };
    return { problem: { reason: "visit-conflict", detail: `another visit ${visit.visit} of this device came before` } };
  }
  const signature = signatureOf(sql, address, signed);
  const times = knownTimesOf(sql, address, visit, nowMs);
  insertVisit(sql, address, visit, { body, hash, signature, times }, nowMs);
  noteWaiting(sql, address, visit.visit, times.waitsFor);
  if (signature === "invalid") {
    addTo(sql, "invalid-visits", 1);
    return { events: [] };
  }
  moveSite(sql, address, visit, times.endedAt, nowMs);
  const events: IngestEvent[] = [{ kind: "site", site: site.id }];
  if (leftDirty(visit.photos)) {
    const alert = raiseDirtyAfter(sql, { tenant, device, visit: visit.visit }, site, nowMs);
    if (alert !== undefined) events.push({ kind: "alert", alert });
  }
  return { events };
}

/**
 * Checks the visits that came before their device had shown its key; gives the sites to show anew.
 *
 * A site that a forged one had moved goes back to its last other visit. An alert stays: somebody may have acted on it, and
 * the desk sees by its visit what it is worth.
 */
export function verifyVisits(sql: Sql, address: Address): readonly IngestEvent[] {
  const { tenant, device } = address;
  const waiting = sql.all(
    Unverified,
    "SELECT visit, site, body FROM visits WHERE tenant = ? AND device = ? AND signature = 'unknown-key'",
    ...[tenant, device],
  );
  for (const { visit, site, body } of waiting) {
    const signature = signatureOf(sql, address, Signed.parse(JSON.parse(body)));
    sql.run(
      "UPDATE visits SET signature = ? WHERE tenant = ? AND device = ? AND visit = ?",
      ...[signature, tenant, device, visit],
    );
    if (signature !== "invalid") continue;
    addTo(sql, "invalid-visits", 1);
    moveSiteBack(sql, site);
  }
  return [...new Set(waiting.map(({ site }) => site))].map((site) => ({ kind: "site", site }));
}

function hashOf(signed: object): string | Problem {
  try {
    return chainHash(signed);
  } catch (error) {
    // Valid JSON may hold what has no canonical form (half a surrogate pair); nobody can have signed it.
    return { reason: "malformed", detail: `the visit has no canonical form: ${messageOf(error)}` };
  }
}

function signatureOf(sql: Sql, address: Address, signed: z.infer<typeof Signed>): VisitRow["signature"] {
  const key = pinnedKeyOf(sql, address);
  if (key === undefined) return "unknown-key";
  return isVisitSignedBy(signed, key) ? "valid" : "invalid";
}

interface KeptFacts {
  readonly body: string;
  readonly hash: string;
  readonly signature: string;
  readonly times: VisitTimes;
}

function insertVisit(
  sql: Sql,
  { tenant, device }: Address,
  visit: Visit,
  { body, hash, signature, times }: KeptFacts,
  nowMs: number,
): void {
  sql.run(
    `INSERT INTO visits (tenant, device, visit, site, started_at, ended_at, stored_at, signature, photos, chain_hash, body,
       time_error_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[tenant, device, visit.visit, visit.site, times.startedAt, times.endedAt, nowMs],
    ...[signature, JSON.stringify(times.photos), hash, body, times.errorMs],
  );
  for (const { sha } of visit.photos) {
    sql.run(
      "INSERT INTO visit_photos (sha, tenant, device, visit) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
      ...[sha, tenant, device, visit.visit],
    );
  }
  addTo(sql, "visits", 1);
}

/**
 * The last visit of a site is the one that ended last; a clock that is ahead gains nothing by it. One whose time is unknown
 * counts as of now until it is known.
 */
function moveSite(sql: Sql, { tenant, device }: Address, visit: Visit, endedAt: number | null, nowMs: number): void {
  const orderedAt = Math.min(endedAt ?? nowMs, nowMs);
  sql.run(
    `INSERT INTO site_visits (site, tenant, device, visit, ordered_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET tenant = excluded.tenant, device = excluded.device, visit = excluded.visit,
       ordered_at = excluded.ordered_at
     WHERE excluded.ordered_at >= ordered_at`,
    ...[visit.site, tenant, device, visit.visit, orderedAt],
  );
}

const REPAIR_BATCH = 200;

/**
 * Gives visits whose device did not know the time the times that can be derived by now, at most 200; gives the sites to
 * show anew, or undefined when there was nothing to do. The signed body stays as it came. One that breaks our own code
 * is told, put aside, and holds up no other.
 */
export function repairVisits(
  sql: Sql,
  nowMs: number,
  onInternal: (error: unknown, visit: Address) => void,
): readonly IngestEvent[] | undefined {
  const due = dueVisits(sql, REPAIR_BATCH);
  if (due.length === 0) return undefined;
  const sites = new Set<string>();
  for (const { tenant, device, visit } of due) {
    const address = { tenant, device };
    try {
      const site = sql.savepoint(() => repairVisit(sql, address, visit, nowMs));
      if (site !== undefined) sites.add(site);
    } catch (error) {
      if (isStorageFailure(error)) throw error;
      onInternal(error, address);
      putAside(sql, address, visit);
    }
  }
  for (const site of sites) moveSiteBack(sql, site);
  return [...sites].map((site) => ({ kind: "site", site }));
}

/** Gives the site that it may have moved. */
function repairVisit(sql: Sql, address: Address, visit: string, nowMs: number): string | undefined {
  const kept = keptVisit(sql, address, visit);
  if (kept === undefined) {
    noteWaiting(sql, address, visit, []);
    return undefined;
  }
  const { startedAt, endedAt, photos, errorMs, waitsFor } = knownTimesOf(sql, address, kept.body, nowMs);
  sql.run(
    `UPDATE visits SET started_at = ?, ended_at = ?, photos = ?, time_error_ms = ?
     WHERE tenant = ? AND device = ? AND visit = ?`,
    ...[startedAt, endedAt, JSON.stringify(photos), errorMs, address.tenant, address.device, visit],
  );
  noteWaiting(sql, address, visit, waitsFor);
  if (waitsFor.length === 0) addTo(sql, "visits-repaired", 1);
  return kept.signature === "invalid" ? undefined : kept.site;
}

/** Gives a site its last visit anew, in the order of `moveSite`, or none. */
function moveSiteBack(sql: Sql, site: string): void {
  sql.run("DELETE FROM site_visits WHERE site = ?", site);
  sql.run(
    `INSERT INTO site_visits (site, tenant, device, visit, ordered_at)
     SELECT site, tenant, device, visit, min(coalesce(ended_at, stored_at), stored_at) AS ordered_at FROM visits
     WHERE site = ? AND signature <> 'invalid' ORDER BY ordered_at DESC, rowid DESC LIMIT 1`,
    site,
  );
}
