/** Longitude and latitude in degrees. */
export type LngLat = readonly [number, number];

/** [west, south, east, north]. */
export type Box = readonly [number, number, number, number];

/** The smallest box around points; undefined for none. */
export function boxOf(points: readonly LngLat[]): Box | undefined {
  if (points.length === 0) return undefined;
  const lngs = points.map(([lng]) => lng);
  const lats = points.map(([, lat]) => lat);
  return [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)];
}

const KM_PER_DEGREE = 111.32;

/** Points on a circle, nearly round on the ground. */
function circle([lng, lat]: LngLat, radiusKm: number): LngLat[] {
  const dLat = radiusKm / KM_PER_DEGREE;
  const dLng = dLat / Math.cos((lat * Math.PI) / 180);
  return Array.from({ length: 24 }, (_, i): LngLat => {
    const angle = (i / 24) * 2 * Math.PI;
    return [lng + dLng * Math.cos(angle), lat + dLat * Math.sin(angle)];
  });
}

const turn = ([ax, ay]: LngLat, [bx, by]: LngLat, [cx, cy]: LngLat): number =>
  (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

function halfHull(sorted: readonly LngLat[]): LngLat[] {
  const hull: LngLat[] = [];
  for (const point of sorted) {
    for (;;) {
      const last = hull.at(-1);
      const beforeLast = hull.at(-2);
      if (last === undefined || beforeLast === undefined || turn(beforeLast, last, point) > 0) break;
      hull.pop();
    }
    hull.push(point);
  }
  return hull.slice(0, -1);
}

/** The convex hull of points, counter-clockwise and not closed (Andrew's monotone chain). */
export function hullOf(points: readonly LngLat[]): LngLat[] {
  const sorted = [...points].sort(([ax, ay], [bx, by]) => ax - bx || ay - by);
  return sorted.length < 3 ? sorted : [...halfHull(sorted), ...halfHull([...sorted].reverse())];
}

/**
 * A soft outline around the places of one municipality, `marginKm` away from them. It is no official border.
 *
 * Only the outer places get a circle: those of the others lie within.
 */
export function outlineAround(points: readonly LngLat[], marginKm: number): LngLat[] {
  const ring = hullOf(hullOf(points).flatMap((point) => circle(point, marginKm)));
  const first = ring[0];
  return first === undefined ? [] : [...ring, first];
}

/** Lines of a graticule: each `stepDegrees`, over a box. */
export function graticule([west, south, east, north]: Box, stepDegrees: number): LngLat[][] {
  const steps = (from: number, to: number): number[] => {
    const first = Math.ceil(from / stepDegrees);
    const count = Math.floor(to / stepDegrees) - first + 1;
    return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * stepDegrees);
  };
  return [
    ...steps(west, east).map((lng): LngLat[] => [
      [lng, south],
      [lng, north],
    ]),
    ...steps(south, north).map((lat): LngLat[] => [
      [west, lat],
      [east, lat],
    ]),
  ];
}

/** Length of a scale bar: a round number of metres that fits into `maxPx`. */
export function scaleBar(metresPerPx: number, maxPx: number): { readonly metres: number; readonly px: number } {
  const most = metresPerPx * maxPx;
  const power = 10 ** Math.floor(Math.log10(most));
  const lead = [5, 2, 1].find((step) => step * power <= most) ?? 1;
  return { metres: lead * power, px: (lead * power) / metresPerPx };
}

/** Ground metres per pixel at a zoom of MapLibre (512 px tiles, Web Mercator). */
export function metresPerPx(lat: number, zoom: number): number {
  return (40_075_016.686 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom);
}
