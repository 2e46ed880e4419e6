/** Features by id. */
export type Features<F> = ReadonlyMap<string, F>;

/** What the page holds of one kind of place. The order of arrival decides, never a device's clock. */
export interface Held<F> {
  readonly features: Features<F>;
  /** How many live changes have come. */
  readonly changes: number;
  /** By id: the number of the live change that was the last one. */
  readonly changedBy: ReadonlyMap<string, number>;
}

/** Before the first answer. */
export const nothingHeld = <F>(): Held<F> => ({ features: new Map(), changes: 0, changedBy: new Map() });

/** Live changes, oldest first, take the place of whatever is held. */
export function takeLive<F extends { readonly id: string }>(held: Held<F>, arrived: readonly F[]): Held<F> {
  if (arrived.length === 0) return held;
  const features = new Map(held.features);
  const changedBy = new Map(held.changedBy);
  for (const [i, feature] of arrived.entries()) {
    features.set(feature.id, feature);
    changedBy.set(feature.id, held.changes + i + 1);
  }
  return { features, changes: held.changes + arrived.length, changedBy };
}

/**
 * A fetched collection takes the place of all that is held: what it does not name is gone.
 *
 * Only live changes that came after the fetch began (`changesAtStart` had come by then) stay: the answer may be older.
 */
export function takeFetched<F extends { readonly id: string }>(
  held: Held<F>,
  collection: readonly F[],
  changesAtStart: number,
): Held<F> {
  const features = new Map(collection.map((feature) => [feature.id, feature]));
  for (const [id, feature] of held.features) {
    if ((held.changedBy.get(id) ?? 0) > changesAtStart) features.set(id, feature);
  }
  return { ...held, features };
}
