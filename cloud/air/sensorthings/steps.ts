const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Hours that one question to the store covers at most: below 10,000 rows. */
export const LONGEST_MS = 400 * DAY_MS;

/** UTC ms; `toMs` is not part of it. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * A range in steps, one after the other from its beginning, or from its end where `isBack`: the first as long as so many hours in a row
 * take (a day at least), each further one twice as long, since hours may be missing.
 */
export function* stepsOf({ fromMs, toMs }: Range, isBack: boolean, hours: number): Generator<Range> {
  let lengthMs = Math.min(LONGEST_MS, Math.max(DAY_MS, hours * HOUR_MS));
  for (let doneMs = 0; doneMs < toMs - fromMs; ) {
    const nextMs = Math.min(toMs - fromMs, doneMs + lengthMs);
    yield isBack ? { fromMs: toMs - nextMs, toMs: toMs - doneMs } : { fromMs: fromMs + doneMs, toMs: fromMs + nextMs };
    doneMs = nextMs;
    lengthMs = Math.min(LONGEST_MS, 2 * lengthMs);
  }
}
