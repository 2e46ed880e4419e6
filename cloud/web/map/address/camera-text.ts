/** Where a map looks. */
export interface Camera {
  readonly lat: number;
  readonly lng: number;
  readonly zoom: number;
}

const CAMERA = /^(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?),(\d{1,2}(?:\.\d{1,2})?)$/;

/** Reads `55.1282,61.4870,10.5` (latitude, longitude, zoom); null for anything else. */
export function cameraOf(text: string | null): Camera | null {
  const [, lat, lng, zoom] = (CAMERA.exec(text ?? "") ?? []).map(Number);
  if (lat === undefined || lng === undefined || zoom === undefined) return null;
  return Math.abs(lat) <= 85 && Math.abs(lng) <= 180 && zoom <= 22 ? { lat, lng, zoom } : null;
}

/** Writes it: about ten metres, and a tenth of a zoom level. */
export function textOfCamera({ lat, lng, zoom }: Camera): string {
  return `${lat.toFixed(4)},${lng.toFixed(4)},${zoom.toFixed(1)}`;
}
