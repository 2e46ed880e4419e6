import type { Probabilities, SiteState, VisitPhoto } from "#contract/messages.ts";
import type { Bilingual, Site } from "#contract/registry.ts";
import type { AlertRow, VisitRow } from "../store/state/state-view.ts";
import type { AlertView, PhotoView, SiteDetail, SiteFeature, VisitView } from "./schemas.ts";

/** Where a whole photo is served. */
export const photoUrl = (sha: string): string => `/api/v1/photos/${sha}.jpg`;

/** A site for the map: its state is the verdict on the last "after" photo of its last visit. */
export function siteFeature(site: Site, municipalityName: Bilingual, visit: VisitRow | undefined): SiteFeature {
  const after = visit?.photos.findLast(({ role }) => role === "after");
  return {
    type: "Feature",
    id: site.id,
    geometry: { type: "Point", coordinates: site.position },
    properties: {
      id: site.id,
      name: site.name,
      municipality: site.municipality,
      municipalityName,
      demo: site.demo,
      state: after?.state ?? "unknown",
      probability: after === undefined ? null : probabilityOf(after.state, after.probabilities),
      lastVisitAt: visit === undefined ? null : lastAtOf(visit),
      signature: visit?.signature ?? null,
    },
  };
}

/** When a visit was, null while nobody knows; never later than it came here, whatever the device's clock said. */
function lastAtOf({ endedAt, startedAt, storedAt }: VisitRow): number | null {
  const at = endedAt ?? startedAt;
  return at === null ? null : Math.min(at, storedAt);
}

/**
 * A site with its last visit, as everyone sees it; photos whose bytes are not all here have no url yet.
 *
 * What would accuse a driver (a photo used again, or of a screen) is a suspicion for a person at the desk, not for the street.
 */
export function siteDetail(
  site: Site,
  municipalityName: Bilingual,
  visit: VisitRow | undefined,
  wholePhotos: ReadonlySet<string>,
): SiteDetail {
  const lastVisit = visit === undefined ? null : withoutSuspicion(visitView(visit, wholePhotos));
  return { ...siteFeature(site, municipalityName, visit), lastVisit };
}

/** What the registry knows of an alert's site now; undefined when the site has left it, and the alert stays. */
export interface AlertPlace {
  readonly siteName: Bilingual;
  readonly municipalityName: Bilingual;
  readonly demo: boolean;
}

/** An alert for the desk, with its photo pair. */
export function alertView(alert: AlertRow, place: AlertPlace | undefined, wholePhotos: ReadonlySet<string>): AlertView {
  const after = alert.visit.photos.findLast(({ role }) => role === "after");
  return {
    id: alert.id,
    cause: alert.cause,
    site: alert.site,
    siteName: place?.siteName ?? { ru: alert.site, en: alert.site },
    municipality: alert.municipality,
    municipalityName: place?.municipalityName ?? { ru: alert.municipality, en: alert.municipality },
    demo: place?.demo ?? false,
    createdAt: alert.createdAt,
    state: after?.state ?? "unsure",
    visit: visitView(alert.visit, wholePhotos),
    acknowledgedAt: alert.acknowledgedAt,
    acknowledgedBy: alert.acknowledgedBy,
  };
}

function visitView(row: VisitRow, wholePhotos: ReadonlySet<string>): VisitView {
  const { visit, device, startedAt, endedAt, signature, timeErrorMs } = row;
  return {
    visit,
    device,
    startedAt,
    endedAt,
    timeErrorMs,
    signature,
    photos: row.photos.map((photo) => photoView(photo, wholePhotos.has(photo.sha))),
    pair: row.pair === null ? null : { samePlace: row.pair.samePlace, cleaner: row.pair.cleaner },
  };
}

const withoutSuspicion = (visit: VisitView): VisitView => ({
  ...visit,
  photos: visit.photos.map((photo) => ({ ...photo, seen: null, screen: null })),
});

/** Only what the contract knows goes on, within its bounds; what an older device did not say is null. */
function photoView(photo: VisitPhoto, isWhole: boolean): PhotoView {
  const { role, sha, takenAt, state, probabilities, model } = photo;
  const { reason = null, usable = null, heat = null, seen = null, screen = null } = photo;
  return {
    ...{ role, sha, url: isWhole ? photoUrl(sha) : null, takenAt, state, reason, probabilities, usable, model, screen },
    heat: heat === null ? null : { w: heat.w, h: heat.h, cells: heat.cells },
    seen: seen === null ? null : { sha: seen.sha, p: seen.p },
  };
}

/** The model's probability of the state that was given; null for verdicts that are not one of its classes. */
function probabilityOf(state: SiteState, probabilities: Probabilities | null): number | null {
  if (probabilities === null || state === "unusable" || state === "unsure") return null;
  return probabilities[state];
}
