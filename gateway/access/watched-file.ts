import { stat } from "node:fs/promises";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";

/** What a file, or several that belong together, hold; followed as they change. */
export interface WatchedFile<Content> extends Closer {
  /** What was last read whole. */
  readonly content: Content;
  /** Why the newest version is not taken; undefined while all is well. */
  readonly trouble: string | undefined;
}

/** How files are followed. */
export interface Watching<Content> {
  /** The name of the thing in logs: `credentials` logs `credentials.read` and `credentials.unreadable`. */
  readonly name: string;
  readonly files: readonly string[];
  /** Reads and checks all of it; a rejection keeps what was there before. */
  readonly read: () => Promise<Content>;
  /** What holds until a read succeeds; without it, a first read that fails rejects. */
  readonly atFirst?: { readonly content: Content };
  /** Called with each new content after the first; a throw keeps the old content too. */
  readonly onChange?: (content: Content) => void;
}

const LOOK_EVERY_MS = 500;

/**
 * Reads files, looks twice a second whether they changed, and reads them again when they did. A change that cannot be
 * read is logged once and tried again at each look, and what was there before stays.
 */
export async function watchFile<Content>(
  { name, files, read, atFirst, onChange }: Watching<Content>,
  log: Logger,
): Promise<WatchedFile<Content>> {
  let version = atFirst === undefined ? await versionOf(files) : "";
  let content = atFirst === undefined ? await read() : atFirst.content;
  let trouble: string | undefined;
  let lastSaid: string | undefined;
  const look = async () => {
    const changed = await versionOf(files);
    if (changed === version) {
      trouble = lastSaid = undefined;
      return;
    }
    try {
      const next = await read();
      onChange?.(next);
      content = next;
    } catch (error) {
      // Tried again at each look, since a disk may come back without any change of the file.
      trouble = `${name}: ${messageOf(error)}`;
      const said = `${changed} ${trouble} ${causeOf(error)}`;
      if (said === lastSaid) return;
      lastSaid = said;
      throw error;
    }
    version = changed;
    trouble = lastSaid = undefined;
    log.info({ event: `${name}.read`, files }, `${name} read again`);
  };
  const onTrouble = (error: unknown) =>
    log.error({ event: `${name}.unreadable`, err: error, files }, `${name} cannot be read; the old ones stay`);
  if (atFirst !== undefined) await look().catch(onTrouble);
  const watching = every(LOOK_EVERY_MS, look, onTrouble);
  return {
    get content() {
      return content;
    },
    get trouble() {
      return trouble;
    },
    close: () => watching.close(),
  };
}

const causeOf = (error: unknown): string => messageOf(error instanceof Error ? error.cause : error);

/** Changes when one of the files is written, replaced or removed. */
async function versionOf(files: readonly string[]): Promise<string> {
  const seen = await Promise.all(files.map((file) => stat(file, { bigint: true }).catch(() => undefined)));
  return seen.map((file) => (file === undefined ? "-" : `${file.ino} ${file.size} ${file.mtimeNs}`)).join(", ");
}
