import type { Map as MapLibreMap } from "maplibre-gl";
import { type Box, boxOf, type LngLat } from "./geometry.ts";

/** What lies over the map's edges, in CSS pixels. */
interface Covered {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** From 1,100 px on the card of the answer is seen beside an open sheet as well. */
const hasCard = (map: MapLibreMap): boolean => map.getContainer().clientWidth >= 1_100;

function coveredBySheet(map: MapLibreMap, isWide: boolean): Covered {
  const { clientWidth, clientHeight } = map.getContainer();
  return isWide
    ? { top: 0, right: Math.min(520, clientWidth * 0.6), bottom: 0, left: hasCard(map) ? 380 : 0 }
    : { top: 0, right: 0, bottom: clientHeight * 0.72, left: 0 };
}

/** Shows all places at once. */
export function showAll(map: MapLibreMap, places: readonly LngLat[], isWide: boolean, isAnimated: boolean): void {
  const box: Box | undefined = boxOf(places);
  if (box === undefined) return;
  const [west, south, east, north] = box;
  const padding = isWide
    ? { top: 70, right: 90, bottom: 60, left: 400 }
    : { top: Math.min(300, map.getContainer().clientHeight * 0.4), right: 66, bottom: 84, left: 28 };
  map.fitBounds([west, south, east, north], { padding, maxZoom: 13, animate: isAnimated });
}

/** Moves the map only as far as needed, so that the opened place is not hidden under its sheet. */
export function uncover(map: MapLibreMap, at: LngLat, isWide: boolean): void {
  const { clientWidth, clientHeight } = map.getContainer();
  const covered = coveredBySheet(map, isWide);
  const { x, y } = map.project([at[0], at[1]]);
  const margin = 40;
  const isSeen =
    x > covered.left + margin &&
    x < clientWidth - covered.right - margin &&
    y > margin &&
    y < clientHeight - covered.bottom - margin;
  if (isSeen) return;
  const offset: [number, number] = [(covered.left - covered.right) / 2, -covered.bottom / 2];
  map.easeTo({ center: [at[0], at[1]], offset });
}
