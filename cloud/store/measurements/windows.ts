/** Width of the equal windows that thin a series to at most `maxPoints`; the first one begins at `fromMs`. */
export function windowMs(fromMs: number, toMs: number, maxPoints: number): number {
  return Math.max(1, Math.ceil((toMs - fromMs) / maxPoints));
}
