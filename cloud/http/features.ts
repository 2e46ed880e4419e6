import { clientIdOf } from "#contract/names.ts";
import type { Bilingual } from "#contract/registry.ts";
import type { Clock } from "#kit/clock.ts";
import { stationFeature } from "../air/station-view.ts";
import type { LiveSource } from "../live/live-feed.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { AlertRow, StateView, VisitRow } from "../store/state/state-view.ts";
import type { AlertView, SiteDetail, SiteFeature, StationFeature } from "./schemas.ts";
import { type AlertPlace, alertView, siteDetail, siteFeature } from "./site-view.ts";

export interface FeaturesParts {
  readonly view: StateView;
  readonly registry: Pick<RegistryWatch, "current">;
  readonly clock: Clock;
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
}

/** What pages are told, joined from the registry and the state store at the moment of asking. */
export interface Features extends LiveSource {
  station(id: string): StationFeature | undefined;
  sites(): readonly SiteFeature[];
  siteDetail(id: string): SiteDetail | undefined;
  alerts(): readonly AlertView[];
}

/** Joins the registry with the state store; keeps nothing, so it is never older than its sources. */
export function createFeatures({ view, registry, clock, staleAfterMs, offlineAfterMs }: FeaturesParts): Features {
  const moment = () => ({ nowMs: clock.nowMs(), staleAfterMs, offlineAfterMs });
  const nameOf = (municipality: string): Bilingual =>
    registry.current().municipality(municipality)?.name ?? { ru: municipality, en: municipality };
  const placeOf = (site: string): AlertPlace | undefined => {
    const found = registry.current().site(site);
    return found && { siteName: found.name, municipalityName: nameOf(found.municipality), demo: found.demo };
  };
  /** The photos of one device are asked for together. */
  const wholePhotos = (visits: readonly VisitRow[]): ((visit: VisitRow) => ReadonlySet<string>) => {
    const ofDevice = new Map<string, ReadonlySet<string>>();
    for (const [name, group] of Map.groupBy(visits, clientIdOf)) {
      const [first] = group;
      if (first !== undefined) ofDevice.set(name, view.wholePhotosOf(first, group.flatMap(shasOf)));
    }
    return (visit) => ofDevice.get(clientIdOf(visit)) ?? NONE;
  };
  const alertViews = (rows: readonly AlertRow[]): readonly AlertView[] => {
    const whole = wholePhotos(rows.map(({ visit }) => visit));
    return rows.map((row) => alertView(row, placeOf(row.site), whole(row.visit)));
  };

  return {
    station: (id) => {
      const station = registry.current().station(id);
      return (
        station &&
        stationFeature(station, nameOf(station.municipality), view.latestSamplesOf(id), view.averagesOf(id), moment())
      );
    },
    sites: () => {
      const visits = new Map(view.lastVisits().map((visit) => [visit.site, visit]));
      return registry
        .current()
        .registry.sites.map((site) => siteFeature(site, nameOf(site.municipality), visits.get(site.id)));
    },
    site: (id) => {
      const site = registry.current().site(id);
      return site && siteFeature(site, nameOf(site.municipality), view.lastVisitOf(id));
    },
    siteDetail: (id) => {
      const site = registry.current().site(id);
      if (site === undefined) return undefined;
      const visit = view.lastVisitOf(id);
      const whole = visit === undefined ? NONE : view.wholePhotosOf(visit, shasOf(visit));
      return siteDetail(site, nameOf(site.municipality), visit, whole);
    },
    alerts: () => alertViews(view.alerts()),
    alert: (id) => {
      const row = view.alert(id);
      return row && alertViews([row])[0];
    },
    openAlertIdsOf: (site) => view.openAlertIdsOf(site),
  };
}

const NONE: ReadonlySet<string> = new Set();
const shasOf = (visit: VisitRow): readonly string[] => visit.photos.map(({ sha }) => sha);
