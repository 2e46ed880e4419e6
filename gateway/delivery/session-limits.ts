import type { SessionSettings } from "../../firmware-config/settings/session-settings.ts";

/** Bounds of plain persistent sessions. */
export interface SessionLimits {
  readonly records: number;
  readonly bytes: number;
  readonly awayMs: number;
}

/** A journal full of what only a session waits for would say of records that the city has that they are lost. */
const MOST_OF_JOURNAL = 1 / 4;

/** The bounds that settings ask for, in a journal of so many bytes. */
export const sessionLimitsOf = (settings: SessionSettings, journalBytes: number): SessionLimits => ({
  records: settings.SESSION_RECORDS,
  bytes: Math.min(settings.SESSION_BYTES, journalBytes * MOST_OF_JOURNAL),
  awayMs: settings.SESSION_AWAY_S * 1000,
});
