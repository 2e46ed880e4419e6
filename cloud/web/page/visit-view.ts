import type { PhotoView, VisitView } from "../../http/schemas.ts";

/** The pair that proves a visit; a role that was not photographed is null. */
export interface PhotoPair {
  readonly before: PhotoView | null;
  readonly after: PhotoView | null;
}

/** The last photo of each role: a retake replaces the one before it. */
export function pairOf(visit: VisitView): PhotoPair {
  const last = (role: PhotoView["role"]) => visit.photos.findLast((photo) => photo.role === role) ?? null;
  return { before: last("before"), after: last("after") };
}

/** How sure the model was of the verdict; null where there is no probability of that state. */
export function sureness(photo: PhotoView): number | null {
  const entries = Object.entries(photo.probabilities ?? {});
  const found = entries.find(([state]) => state === photo.state);
  return found === undefined ? null : found[1];
}

/** Whether bytes of the pair are still on their way. */
export function isWaitingForPhotos(visit: VisitView): boolean {
  return visit.photos.some(({ url }) => url === null);
}
