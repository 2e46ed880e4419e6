import { RENEW_AT } from "#contract/enrolment.ts";

/** How far devices of one batch spread their renewals, as a part of the certificate's life. */
const SPREAD = 0.05;

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
}

export const lifeOf = ({ notBeforeMs, notAfterMs }: Validity): number => notAfterMs - notBeforeMs;

/**
 * Whether a certificate is to be renewed: after 60 % of its life, and a little more by `random` (in [0, 1)).
 *
 * A clock that is not to be believed decides nothing: then only the time that was surely spent with the certificate
 * counts. A clock that is believed and wrong does no harm: the cloud renews nothing before half of the life.
 */
export function isRenewalDue(validity: Validity, { atMs, heldMs }: KnownTime, random: number): boolean {
  const dueMs = (RENEW_AT + SPREAD * random) * lifeOf(validity);
  const spentMs = atMs === null ? heldMs : Math.max(heldMs, atMs - validity.notBeforeMs);
  return spentMs >= dueMs;
}
