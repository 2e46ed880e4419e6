import { type Backoff, backoffMs } from "#kit/backoff.ts";
import { AppError, codeOf, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import { StoreUnavailable } from "../store/measurements/measurements.ts";

/** A store that is down is asked again soon at first, then every few seconds: nothing is late for long once it is back. */
const STORE_BACKOFF: Backoff = { baseMs: 200, maxMs: 10_000 };

/** What retrying needs from outside. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly log: Logger;
  /** Says what is waited for, and null once it is over. */
  readonly onTrouble: (trouble: string | null) => void;
}

/**
 * Does the same work again until it succeeds: what was received is kept in hand, never dropped.
 *
 * Resolves to undefined only when the signal is aborted. The trouble is logged when it begins and when it ends;
 * errors that say that waiting does not help are logged as an error that a person must act on.
 */
export async function untilStored<T>(work: () => Promise<T>, patience: Patience): Promise<T | undefined> {
  const { signal, random, log, onTrouble } = patience;
  let lastCode: string | undefined;
  for (let attempt = 0; ; attempt += 1) {
    if (attempt > 0 && signal.aborted) return undefined;
    try {
      const result = await work();
      if (lastCode !== undefined) {
        onTrouble(null);
        log.info({ event: "store.recovered", attempts: attempt }, "the store takes messages again");
      }
      return result;
    } catch (error) {
      const code = codeOf(error);
      const retryAfterMs = error instanceof StoreUnavailable ? (error.retryAfterMs ?? 0) : 0;
      const waitMs = Math.max(retryAfterMs, backoffMs(attempt, STORE_BACKOFF, random()));
      onTrouble(`${code}: ${messageOf(error)}`);
      if (code !== lastCode) {
        const fields = { event: "store.unavailable", code, err: error, waitMs };
        if (needsPerson(error)) log.error(fields, "messages are not being stored until a person acts");
        else log.warn(fields, "messages are not being stored; trying again");
      }
      lastCode = code;
      await wait(waitMs, signal);
    }
  }
}

const needsPerson = (error: unknown) =>
  !(error instanceof AppError) || !error.retry || error.code === "store-misconfigured";
