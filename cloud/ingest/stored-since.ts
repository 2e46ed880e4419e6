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

const Revision = Changed.pick({ revision: true });
const EVERY = Number.MAX_SAFE_INTEGER;

/** The newest log of each device as far as it changed within a range of revisions, oldest change first. */
const NEWEST = `FROM logs l WHERE l.revision > ? AND l.revision <= ? AND NOT EXISTS (
  SELECT 1 FROM logs n WHERE n.tenant = l.tenant AND n.device = l.device AND n.revision > l.revision)
  ORDER BY l.revision`;

/**
 * What devices are to be told after a change, oldest change first, each of its newest log; about `limit` of them.
 *
 * All logs of one change come together, so going on after the last one's revision leaves none out.
 */
export function storedSince(sql: Sql, revision: number, limit: number): readonly Telling[] {
  const last = sql.get(Revision, `SELECT l.revision ${NEWEST} LIMIT 1 OFFSET ?`, ...[revision, EVERY, limit - 1]);
  const due = sql.all(
    Changed,
    `SELECT l.tenant, l.device, l.log, l.revision ${NEWEST}`,
    ...[revision, last?.revision ?? EVERY],
  );
  return due.map(({ tenant, device, log, revision: at }) => {
    const { received, lost } = logRangesOf(sql, { tenant, device, log });
    const photos = newestPhotosOf(sql, { tenant, device }, limits.storedPhotos);
    return { address: { tenant, device }, stored: storedOf(log, received, lost, photos), revision: at };
  });
}
