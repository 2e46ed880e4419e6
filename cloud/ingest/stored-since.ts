import { z } from "zod";
import { limits } from "#contract/limits.ts";
import type { Stored } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { newestPhotosOf } from "../store/photos/photo-notices.ts";
import type { Sql } from "../store/state/database.ts";
import { logRangesOf } from "../store/state/log-book.ts";
import { storedOf } from "./stored.ts";

/** What one device is to be told. */
export interface Telling {
  readonly address: Address;
  readonly stored: Stored;
  /** The change of the logs that it speaks of. */
  readonly revision: number;
}

const Changed = z.object({ tenant: z.string(), device: z.string(), log: z.string(), revision: z.number().int() });

/**
 * What devices are to be told after a change, oldest change first, each of its newest log; about `limit` of them.
 *
 * All logs of one change come together, so going on after the last one's revision leaves none out.
 */
export function storedSince(sql: Sql, revision: number, limit: number): readonly Telling[] {
  const changed = sql.all(
    Changed,
    `SELECT l.tenant, l.device, l.log, l.revision FROM logs l
     WHERE l.revision > ? AND NOT EXISTS (
       SELECT 1 FROM logs n WHERE n.tenant = l.tenant AND n.device = l.device AND n.revision > l.revision)
     ORDER BY l.revision`,
    revision,
  );
  const lastRevision = changed[limit - 1]?.revision ?? Number.POSITIVE_INFINITY;
  const due = changed.filter((log) => log.revision <= lastRevision);
  return due.map(({ tenant, device, log, revision: at }) => {
    const { received, lost } = logRangesOf(sql, { tenant, device, log });
    const photos = newestPhotosOf(sql, { tenant, device }, limits.storedPhotos);
    return { address: { tenant, device }, stored: storedOf(log, received, lost, photos), revision: at };
  });
}
