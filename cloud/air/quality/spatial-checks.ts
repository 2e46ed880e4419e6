/**
 * The spatial checks of titanlib (metno/titanlib, `buddy_check`, `isolation_check`, `duplicate_check`, `range_check`) as they
 * are published: the yardstick that our own neighbour check is compared with. True is a flag.
 */

/** Places of readings; what is not known of one is null, and flags it. */
export interface Places {
  readonly lats: readonly (number | null)[];
  readonly lons: readonly (number | null)[];
  /** Metres above the sea. */
  readonly elevs: readonly (number | null)[];
}

export interface BuddyRules {
  /** Metres. */
  readonly radius: number;
  /** So many neighbours are needed to say anything. */
  readonly leastNeighbours: number;
  /** Standard deviations. */
  readonly threshold: number;
  /** Neighbours that are further above or below take no part; 0 lets all take part as they are. */
  readonly mostElevDifference: number;
  /** Change of the value with each metre of height. */
  readonly elevGradient: number;
  readonly leastDeviation: number;
  readonly iterations: number;
}

interface Place {
  readonly lat: number;
  readonly lon: number;
  readonly elev: number;
}

/** A value that is far from its neighbours; what one round has flagged is no neighbour in the next. */
export function buddyCheck(places: Places, values: readonly (number | null)[], rules: BuddyRules): readonly boolean[] {
  const known = knownPlaces(places);
  const flags = values.map((value, i) => value === null || known[i] === undefined);
  for (let round = 0; round < rules.iterations; round += 1) {
    for (const [i, value] of values.entries()) {
      const here = known[i];
      if (flags[i] === true || value === null || here === undefined) continue;
      const others = neighbours(known, i, rules.radius).flatMap((j) => {
        const [there, other] = [known[j], values[j]];
        if (flags[j] === true || there === undefined || other === null || other === undefined) return [];
        const higher = here.elev - there.elev;
        if (rules.mostElevDifference <= 0) return [other];
        return Math.abs(higher) <= rules.mostElevDifference ? [other + higher * rules.elevGradient] : [];
      });
      if (others.length >= rules.leastNeighbours) flags[i] = isFar(value, others, rules);
    }
  }
  return flags;
}

function isFar(value: number, others: readonly number[], { leastDeviation, threshold }: BuddyRules): boolean {
  const mean = others.reduce((a, b) => a + b, 0) / others.length;
  const variance = others.reduce((sum, other) => sum + (other - mean) ** 2, 0) / others.length;
  const deviation = Math.max(leastDeviation, Math.sqrt(variance + variance / others.length));
  return Math.abs(value - mean) / deviation > threshold;
}

/** A place with too few others near it. */
export function isolationCheck(
  places: Places,
  { radius, leastNeighbours, verticalRadius }: { radius: number; leastNeighbours: number; verticalRadius?: number },
): readonly boolean[] {
  const known = knownPlaces(places);
  return known.map((here, i) => {
    if (here === undefined) return true;
    const near = neighbours(known, i, radius).filter((j) => isLevel(here, known[j], verticalRadius));
    return near.length < leastNeighbours;
  });
}

/** A place that an earlier one has taken. */
export function duplicateCheck(
  places: Places,
  { radius, verticalRadius }: { radius: number; verticalRadius?: number },
): readonly boolean[] {
  const known = knownPlaces(places);
  const flags: boolean[] = [];
  for (const [i, here] of known.entries()) {
    const near = neighbours(known, i, radius).filter((j) => j < i && flags[j] === false);
    flags.push(here === undefined || near.some((j) => isLevel(here, known[j], verticalRadius)));
  }
  return flags;
}

/** A value that is missing or outside of its bounds. */
export const rangeCheck = (values: readonly (number | null)[], least: number, most: number): readonly boolean[] =>
  values.map((value) => value === null || !(value >= least && value <= most));

const isLevel = (here: Place, there: Place | undefined, verticalRadius = Number.POSITIVE_INFINITY): boolean =>
  there !== undefined && Math.abs(here.elev - there.elev) <= verticalRadius;

function knownPlaces({ lats, lons, elevs }: Places): readonly (Place | undefined)[] {
  return lats.map((lat, i) => {
    const [lon, elev] = [lons[i] ?? null, elevs[i] ?? null];
    return lat === null || lon === null || elev === null ? undefined : { lat, lon, elev };
  });
}

const EARTH_RADIUS_M = 6_371_000;

function neighbours(known: readonly (Place | undefined)[], i: number, radiusM: number): readonly number[] {
  const here = known[i];
  if (here === undefined) return [];
  return known.flatMap((there, j) => (there !== undefined && j !== i && metres(here, there) <= radiusM ? [j] : []));
}

/** Along the great circle (haversine). */
function metres(a: Place, b: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [north, east] = [radians(b.lat - a.lat), radians(b.lon - a.lon)];
  const h = Math.sin(north / 2) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}
