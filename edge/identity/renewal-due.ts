import { RENEW_AT } from "#contract/enrolment.ts";

/** How far devices of one batch spread their renewals, as a part of the certificate's life. */
const SPREAD = 0.05;

/** How often the cloud is asked while the clock is not to be believed; certificates of less than fifty days ask more often. */
const ASK_WITHOUT_CLOCK_MS = 86_400_000;

/** What a certificate says of its time. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What the device knows of the time. */
export interface KnownTime {
  /** UTC ms, or null where the clock is not to be believed. */
  readonly atMs: number | null;
  /** For how long this program has held the certificate, by a clock that only goes on. */
  readonly heldMs: number;
  /** How long ago the cloud said, to this program, that the certificate holds; null where it has not. */
  readonly saidMs: number | null;
}

export const lifeOf = ({ notBeforeMs, notAfterMs }: Validity): number => notAfterMs - notBeforeMs;

/** How long the word of the cloud that there is time holds: enough of it remains to ask seldom. */
export const holdsForMs = (validity: Validity): number => lifeOf(validity) / 50;

/**
 * Whether a certificate is to be renewed: after 60 % of its life, and a little more by `random` (in [0, 1)).
 *
 * A clock that is believed and wrong does no harm: the cloud renews nothing before half of the life.
 */
export function isRenewalDue(validity: Validity, { atMs, heldMs }: KnownTime, random: number): boolean {
  const dueMs = (RENEW_AT + SPREAD * random) * lifeOf(validity);
  const spentMs = atMs === null ? heldMs : Math.max(heldMs, atMs - validity.notBeforeMs);
  return spentMs >= dueMs;
}

/**
 * Whether the cloud is to be asked how old the certificate is: the clock is not to be believed, and a program that restarts
 * often never holds a certificate for long. Once after each start and once a day.
 */
export function isAgeUnknown(validity: Validity, { atMs, saidMs }: KnownTime): boolean {
  if (atMs !== null) return false;
  return saidMs === null || saidMs >= Math.min(ASK_WITHOUT_CLOCK_MS, holdsForMs(validity));
}
