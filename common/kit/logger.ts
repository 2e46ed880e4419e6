import { type Logger, pino } from "pino";
import { z } from "zod";

/** Levels a person may ask for. */
export const LogLevel = z.enum(["debug", "info", "warn", "error", "silent"]);
export type LogLevel = z.infer<typeof LogLevel>;

export type { Logger };

/** A logger of one part: JSON lines on standard error, each with the part's name and an `event`. */
export function createLogger(part: string, level: LogLevel): Logger {
  return pino({ name: part, level, base: { part } }, pino.destination({ dest: 2, sync: true }));
}
