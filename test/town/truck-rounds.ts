import { z } from "zod";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import type { CameraRoll } from "./camera-roll.ts";

const Refusal = z.object({ code: z.string(), message: z.string() });
/** The first round goes without a pause, so that the map fills; later visits come at this pace. */
const PAUSE_MS = 15_000;

/** Drives the truck: before and after at one site after the other, for ever, through the edge's own interface. */
export function startRounds(
  edgeUrl: string,
  sites: readonly string[],
  roll: CameraRoll,
  onError: (error: unknown) => void,
): Closer {
  const stopping = new AbortController();
  const drive = async () => {
    for (let count = 0; !stopping.signal.aborted; count++) {
      const site = sites[count % sites.length] ?? "";
      await visit(edgeUrl, site, roll).catch(onError);
      await wait(count < sites.length ? 100 : PAUSE_MS, stopping.signal);
    }
  };
  const driving = drive();
  return {
    close: async () => {
      stopping.abort();
      await driving;
    },
  };
}

async function visit(edgeUrl: string, site: string, roll: CameraRoll): Promise<void> {
  for (const role of ["before", "after"] as const) {
    await roll.lay(role);
    const answer = await fetch(`${edgeUrl}/shots`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ site, role }),
    });
    const body: unknown = await answer.json();
    if (!answer.ok) {
      const refusal = Refusal.safeParse(body);
      throw new Error(`${site} ${role}: ${refusal.success ? refusal.data.message : answer.status}`);
    }
  }
}
