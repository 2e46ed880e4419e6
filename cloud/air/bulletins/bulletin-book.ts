import { z } from "zod";
import type { Sql } from "../../store/state/database.ts";
import { Bulletin, keyOf } from "./bulletin.ts";

const Row = z.object({ body: z.string() });

/** More messages than this are not asked for: the oldest have ended years ago. */
const MOST = 500;

/** What became of a message that was put: it is new, it was here already, or another one has its name. */
export const Put = z.enum(["kept", "known", "taken"]);
export type Put = z.infer<typeof Put>;

/** Keeps one message; the same one counts once, and nothing that is kept is changed. */
export function putBulletin(sql: Sql, bulletin: Bulletin, nowMs: number): Put {
  const body = JSON.stringify(bulletin);
  const key = keyOf(bulletin);
  const kept = sql.run(
    "INSERT INTO bulletins (name, body, sent_at, stored_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ...[key, body, Date.parse(bulletin.sent), nowMs],
  );
  if (kept > 0) return "kept";
  return sql.get(Row, "SELECT body FROM bulletins WHERE name = ?", key)?.body === body ? "known" : "taken";
}

/** The newest messages, cancellations too. */
export const keptBulletins = (sql: Sql): readonly Bulletin[] =>
  sql
    .all(Row, "SELECT body FROM bulletins ORDER BY sent_at DESC, name LIMIT ?", MOST)
    .map(({ body }) => Bulletin.parse(JSON.parse(body)));
