import type { SiteFeature, StationFeature } from "../../http/schemas.ts";

/** Features by id. */
export type Features<F> = ReadonlyMap<string, F>;

const newestOf = (moments: readonly (number | null)[]): number => Math.max(0, ...moments.map((at) => at ?? 0));

const stationAt = ({ properties }: StationFeature): number =>
  newestOf([properties.lastAt, ...Object.values(properties.values).map(({ at }) => at)]);

/** Puts features in place of older ones; a live change that overtook a fetched collection stays. */
export function merge<F extends { readonly id: string }>(
  known: Features<F>,
  arrived: readonly F[],
  atOf: (feature: F) => number,
): Features<F> {
  const merged = new Map(known);
  for (const feature of arrived) {
    const before = merged.get(feature.id);
    if (before === undefined || atOf(feature) >= atOf(before)) merged.set(feature.id, feature);
  }
  return merged;
}

/** A whole collection: what it does not name any more is gone. */
export function replace<F extends { readonly id: string }>(
  known: Features<F>,
  collection: readonly F[],
  atOf: (feature: F) => number,
): Features<F> {
  const named = new Set(collection.map(({ id }) => id));
  return merge(new Map([...known].filter(([id]) => named.has(id))), collection, atOf);
}

/** When a station's feature was last changed by a reading. */
export const changedAtOfStation = stationAt;

/** When a site's feature was last changed by a visit. */
export const changedAtOfSite = ({ properties }: SiteFeature): number => properties.lastVisitAt ?? 0;
