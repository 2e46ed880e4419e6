import type { Averaging } from "../../../http/schemas.ts";

/** How far back the map can be turned. */
export const PAST_MS = 48 * 3_600_000;
/** The steps of the slider: as fine as the shortest mean that the map offers. */
export const STEP_MS = 20 * 60_000;

/** How many steps lie between the oldest moment and now. */
export const STEPS = PAST_MS / STEP_MS;

/** The newest whole step at or before a moment: windows end there, in UTC. */
export const lastStep = (ms: number): number => Math.floor(ms / STEP_MS) * STEP_MS;

/** The slider's position for a moment: 0 is the oldest, `STEPS` is now. */
export function positionOf(atMs: number | null, nowMs: number): number {
  if (atMs === null) return STEPS;
  const back = Math.round((lastStep(nowMs) - atMs) / STEP_MS) + 1;
  return Math.min(STEPS - 1, Math.max(0, STEPS - back));
}

/** The moment of a position; null is now. One step left of now is the newest whole step. */
export function momentAt(position: number, nowMs: number): number | null {
  if (position >= STEPS) return null;
  return lastStep(nowMs) - (STEPS - 1 - Math.max(0, position)) * STEP_MS;
}

/** Where midnights of the reader's day stand on the slider, as shares of its length. */
export function midnights(
  nowMs: number,
  zoneOffsetMs: number,
): readonly { readonly atMs: number; readonly share: number }[] {
  const dayMs = 86_400_000;
  const first = Math.ceil((nowMs - PAST_MS + zoneOffsetMs) / dayMs) * dayMs - zoneOffsetMs;
  return Array.from({ length: 3 }, (_, i) => first + i * dayMs)
    .filter((atMs) => atMs < nowMs)
    .map((atMs) => ({ atMs, share: 1 - (nowMs - atMs) / PAST_MS }));
}

/** Of the past the server tells the means of 20 minutes and of the hour; any other time span is shown by the nearest. */
export const pastAverage = (average: Averaging): "m20" | "h1" =>
  average === "now" || average === "m20" ? "m20" : "h1";
