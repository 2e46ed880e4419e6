import type { Position, Station } from "#contract/registry.ts";

/** Who is nearer than this is a neighbour (research/air.md 3.3: 10 km, two hours). */
export const NEIGHBOUR_M = 10_000;
/** In a dense town the nearest of them say enough, and the cost of a sample stays bounded. */
const MOST_NEIGHBOURS = 12;

/** Mean radius of the Earth. */
const EARTH_M = 6_371_000;
const METRES_PER_DEGREE = (Math.PI / 180) * EARTH_M;

/** Metres between two places, along a great circle (haversine). */
export function distanceM([lonA, latA]: Position, [lonB, latB]: Position): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (a: number, b: number) => Math.sin(radians(b - a) / 2) ** 2;
  const h = half(latA, latB) + Math.cos(radians(latA)) * Math.cos(radians(latB)) * half(lonA, lonB);
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Finds the nearest stations around each. A demonstration and what is real are no neighbours. */
export function neighbourFinder(stations: readonly Station[]): (station: Station) => readonly string[] {
  const cells = new Map<string, Station[]>();
  for (const station of stations) {
    const [longitude, latitude] = station.position;
    const key = cellOf(longitude, latitude);
    cells.set(key, [...(cells.get(key) ?? []), station]);
  }
  const known = new Map<string, readonly string[]>();
  return (station) => {
    const found = known.get(station.id) ?? nearestOf(station, cells);
    known.set(station.id, found);
    return found;
  };
}

/** Cells of a tenth of a degree: at least 10 km from north to south. */
const CELL_DEG = 0.1;
const cellOf = (longitude: number, latitude: number) =>
  `${Math.floor(longitude / CELL_DEG)}/${Math.floor(latitude / CELL_DEG)}`;

function nearestOf(station: Station, cells: ReadonlyMap<string, readonly Station[]>): readonly string[] {
  const [longitude, latitude] = station.position;
  const widthM = CELL_DEG * METRES_PER_DEGREE * Math.cos((latitude * Math.PI) / 180);
  // Near a pole a cell has no width; there is nobody there.
  const reach = Math.min(20, Math.ceil(NEIGHBOUR_M / Math.max(1, widthM)));
  const near: { readonly id: string; readonly metres: number }[] = [];
  for (let x = -reach; x <= reach; x++) {
    for (let y = -1; y <= 1; y++) {
      for (const other of cells.get(cellOf(longitude + x * CELL_DEG, latitude + y * CELL_DEG)) ?? []) {
        const metres = distanceM(station.position, other.position);
        if (other.id !== station.id && other.demo === station.demo && metres <= NEIGHBOUR_M) {
          near.push({ id: other.id, metres });
        }
      }
    }
  }
  return near
    .sort((a, b) => a.metres - b.metres || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_NEIGHBOURS)
    .map(({ id }) => id);
}
