import { type ReadonlySignal, signal } from "@preact/signals";
import { z } from "zod";
import { Bilingual } from "#contract/registry.ts";
import { ask } from "../../page/api.ts";

const Moment = z.iso.datetime({ offset: true });

/** What the banner shows of an official bulletin (НМУ); the server has more, see `/api/v1/bulletins`. */
export const ShownBulletin = z.object({
  sender: z.string(),
  identifier: z.string(),
  degree: z.number().int().nullable(),
  headline: z.string(),
  instruction: z.string().nullable(),
  area: z.string(),
  onset: Moment.nullable(),
  expires: Moment.nullable(),
  web: z.url({ protocol: /^https?$/ }).nullable(),
  language: z.string(),
  state: z.enum(["in-force", "expected", "expired", "replaced", "cancelled"]),
});
export type ShownBulletin = z.infer<typeof ShownBulletin>;

const BulletinList = z.object({ whose: Bilingual, bulletins: z.array(ShownBulletin) });
export type BulletinList = z.infer<typeof BulletinList>;

const REFETCH_MS = 5 * 60_000;

/** Follows the official bulletins; they are declared by Roshydromet, and nothing of them is made here. */
export function startBulletins(): ReadonlySignal<BulletinList | null> {
  const list = signal<BulletinList | null>(null);
  const refetch = () =>
    void ask(BulletinList, "/api/v1/bulletins")
      .then(({ body }) => {
        list.value = body;
      })
      // What was known stays: it says itself until when it holds.
      .catch(() => {});
  setInterval(refetch, REFETCH_MS);
  refetch();
  return list;
}

/** Those that hold or will hold at a moment, whatever the server said when it was last reached. */
export function heldAt(bulletins: readonly ShownBulletin[], nowMs: number): readonly ShownBulletin[] {
  return bulletins.filter(
    ({ state, expires }) =>
      (state === "in-force" || state === "expected") && (expires === null || Date.parse(expires) > nowMs),
  );
}
