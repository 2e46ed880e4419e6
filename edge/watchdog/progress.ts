/** What shows whether the program works; times are of the monotonic clock. */
export interface ProgressFacts {
  readonly nowMs: number;
  /** Between two rounds of the sensors, as it is now. */
  readonly roundEveryMs: number;
  /** When a round ended last, well or not; at first when the program began, and after a change of pace when that came. */
  readonly roundMs: number;
  /** Since when the outbox owes an answer, or null while it owes none. */
  readonly appendSinceMs: number | null;
  /** For how long the shot of the moment has been under way; null while there is none. */
  readonly shotMs: number | null;
  /** When the link to the broker moved last: it is connected, or began or gave up an attempt. */
  readonly linkMs: number;
}

/** A round takes no longer: sensors that do not answer are given up (edge/cycle.ts). */
const ROUND_MS = 20_000;
/** A capture is given up after 15 s, and a hot device waits 10 s between two judgements; all later shots wait behind one. */
const SHOT_MS = 2 * 60_000;
/** The link waits half a minute at most between attempts, and an attempt ends by itself; a certificate may take minutes. */
const LINK_MS = 15 * 60_000;

/**
 * Why the program makes no progress, or null while it does. `patienceMs`: how long something may hang beyond its time.
 *
 * Counted is only what hangs inside this program, since only that is mended by a restart: rounds that do not end, an
 * outbox that does not answer, a shot that does not end, a link that does not even try. Not counted: a sensor that hangs (it is given up each
 * round), a disk that is full or refuses (an answer), a broker that is away, a camera, a model: they are reported, and a
 * device that restarted for them would do so for ever.
 */
export function troubleOf(facts: ProgressFacts, patienceMs: number): string | null {
  const { nowMs, roundEveryMs, roundMs, appendSinceMs, shotMs, linkMs } = facts;
  if (appendSinceMs !== null && nowMs - appendSinceMs > patienceMs) {
    return `the outbox has not answered for ${seconds(nowMs - appendSinceMs)}`;
  }
  if (nowMs - roundMs > roundEveryMs + ROUND_MS + patienceMs) {
    return `no round has ended for ${seconds(nowMs - roundMs)}`;
  }
  if (shotMs !== null && shotMs > SHOT_MS + patienceMs) return `a shot has not ended for ${seconds(shotMs)}`;
  if (nowMs - linkMs > LINK_MS + patienceMs) return `the link has not moved for ${seconds(nowMs - linkMs)}`;
  return null;
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
