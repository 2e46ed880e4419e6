/** A visit that is begun again so soon after the last one of its site is that visit taken over: half an hour. */
export const RETAKE_WITHIN_MS = 30 * 60_000;

/** The photos of visits that were completed so lately that the driver may be taking them over again. */
export interface Retakes {
  /** The SHA-256 of the photos of visits that were completed at this site less than `RETAKE_WITHIN_MS` before. */
  of(site: string, upMs: number): ReadonlySet<string>;
  completed(site: string, shas: readonly string[], upMs: number): void;
}

/**
 * Remembers them in memory only, by the time since the device started, which no clock that is set moves. After a restart a visit
 * that is taken over may be doubted.
 */
export function createRetakes(): Retakes {
  let kept: readonly { readonly site: string; readonly shas: readonly string[]; readonly upMs: number }[] = [];
  const isRecent = (upMs: number) => (visit: { readonly upMs: number }) => upMs - visit.upMs < RETAKE_WITHIN_MS;
  return {
    of: (site, upMs) => {
      const visits = kept.filter(isRecent(upMs)).filter((visit) => visit.site === site);
      return new Set(visits.flatMap(({ shas }) => shas));
    },
    completed: (site, shas, upMs) => {
      kept = [...kept.filter(isRecent(upMs)), { site, shas, upMs }];
    },
  };
}
