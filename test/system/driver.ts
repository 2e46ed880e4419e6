import { z } from "zod";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import type { CameraRoll } from "../town/camera-roll.ts";

const Shot = z.object({ sha: z.string(), state: z.string(), visit: z.string().optional() });
export type Shot = z.infer<typeof Shot>;

/** Takes one photo through the edge's own interface; throws the edge's words when it refuses. */
export async function shoot(edgeUrl: string, site: string, role: "before" | "after"): Promise<Shot> {
  const answer = await fetch(`${edgeUrl}/shots`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ site, role }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return Shot.parse(JSON.parse(text));
}

/** A driver who goes on whatever happens to the device; `confirmed` are the visits that it confirmed to him. */
export interface Driver extends Closer {
  readonly confirmed: readonly { readonly visit: string; readonly before: Shot; readonly after: Shot }[];
  /** Resolves when all visits are made. */
  readonly done: Promise<void>;
}

/** Drives until `visits` are confirmed; what the device did not confirm is done again, as a driver would. */
export function startDriver(edgeUrl: string, sites: readonly string[], roll: CameraRoll, visits: number): Driver {
  const stopping = new AbortController();
  const confirmed: { visit: string; before: Shot; after: Shot }[] = [];
  const drive = async () => {
    while (confirmed.length < visits && !stopping.signal.aborted) {
      const site = sites[confirmed.length % sites.length] ?? "";
      try {
        await roll.lay("before");
        const before = await shoot(edgeUrl, site, "before");
        await roll.lay("after");
        const after = await shoot(edgeUrl, site, "after");
        if (after.visit !== undefined) confirmed.push({ visit: after.visit, before, after });
      } catch {
        // The device was killed under the driver's hands: he takes the pair again once it is back.
        await wait(200, stopping.signal);
      }
    }
  };
  const done = drive();
  return {
    confirmed,
    done,
    close: async () => {
      stopping.abort();
      await done;
    },
  };
}
