import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";
import type { Logger } from "#kit/logger.ts";
import { limitSettings } from "../../firmware-config/settings/limit-settings.ts";
import { watchFile } from "../access/watched-file.ts";
import { type Limits, limitsOf } from "./limits.ts";

/** The limits in force at this moment. */
export interface LiveLimits extends Closer {
  readonly limits: Limits;
  /** Why the newest settings are not in force. */
  readonly trouble: string | undefined;
}

const LimitSettings = z.strictObject(limitSettings);
type LimitSettings = z.infer<typeof LimitSettings>;
/** JSON has numbers: what the environment's texts are read into must not make one of `true`, `null` or `""`. */
const FileSettings = z.record(z.string(), z.number());

/**
 * The limits of the environment, and over them those of a file that is read again when it changes: JSON, its keys those of
 * the environment. A key that is taken out of it falls back to the environment; a wrong one keeps all that was before.
 * Throws `BadConfig` when the file cannot be used at the start.
 */
export async function startLimits(
  environment: LimitSettings,
  file: string | undefined,
  log: Logger,
): Promise<LiveLimits> {
  const own = LimitSettings.strip().parse(environment);
  if (file === undefined) return { limits: limitsOf(own), trouble: undefined, close: async () => undefined };
  const read = async () => limitsOf(readSettings(own, file, await readFile(file, "utf8").catch(unreadable(file))));
  const watched = await watchFile({ name: "settings", files: [file], read }, log);
  return {
    get limits() {
      return watched.content;
    },
    get trouble() {
      return watched.trouble;
    },
    close: () => watched.close(),
  };
}

function readSettings(own: LimitSettings, file: string, text: string): LimitSettings {
  const numbers = FileSettings.safeParse(jsonObject(file, text));
  const parsed = numbers.success ? LimitSettings.safeParse({ ...own, ...numbers.data }) : numbers;
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new BadConfig(`SETTINGS_FILE: ${file}: ${lines.join("; ")}`);
}

function jsonObject(file: string, text: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new BadConfig(`SETTINGS_FILE: ${file} is no JSON object`, { cause });
  }
}

const unreadable = (file: string) => (cause: unknown) => {
  throw new BadConfig(`SETTINGS_FILE: ${file} cannot be read (${messageOf(cause)})`, { cause });
};
