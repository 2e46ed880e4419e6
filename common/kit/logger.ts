import { type Logger, pino } from "pino";
import { z } from "zod";

/** Levels a person may ask for. */
export const LogLevel = z.enum(["debug", "info", "warn", "error", "silent"]);
export type LogLevel = z.infer<typeof LogLevel>;

export type { Logger };

/** So much is kept for standard error while it takes nothing (a full disk); lines beyond it are dropped. */
const UNWRITTEN_BYTES = 1024 * 1024;

/**
 * A logger of one part: JSON lines on standard error, each with the part's name and an `event`.
 *
 * A log that cannot be written (full disk, closed pipe) never ends the program; it goes on once it can be.
 */
export function createLogger(part: string, level: LogLevel): Logger {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: UNWRITTEN_BYTES });
  destination.on("error", () => {
    // There is nowhere to say it: the place for it is what failed.
  });
  return pino({ name: part, level, base: { part } }, destination);
}
