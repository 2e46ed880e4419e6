import { signal } from "@preact/signals";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { TABLE_VERSION, toTable } from "../../../../cloud/live/station-table.ts";
import { startPast } from "../../../../cloud/web/map/time/past-store.ts";
import { until } from "../../../support/until.ts";
import { aStation, NOW_MS } from "../a-station.ts";

afterEach(() => vi.unstubAllGlobals());

/** The past of a page whose server answers with a table. */
function aPastOf(table: object) {
  const answer = { staleAfterMs: 1, offlineAfterMs: 2, table };
  const served = { answer };
  vi.stubGlobal("fetch", async () => Response.json(served.answer));
  const asked = signal<number | null>(NOW_MS);
  const past = startPast(asked);
  onTestFinished(past.close);
  return { past, asked, serve: (other: object) => Object.assign(served.answer, { table: other }) };
}

describe("the past on an open page", () => {
  it("asks to be loaded anew where the server speaks a newer language, and no longer once it does not", async () => {
    const table = toTable([aStation()], NOW_MS);
    const { past, asked, serve } = aPastOf({ ...table, version: TABLE_VERSION + 1 });

    await until("the past cannot be had", async () => past.state.value === "unavailable");
    expect(past.isOutdated.value).toBe(true);

    serve(table);
    asked.value = NOW_MS - 1_200_000;
    await until("the past is shown", async () => past.state.value === "shown");
    expect(past.isOutdated.value).toBe(false);
    expect([...(past.stations.value ?? []).keys()]).toEqual(["st-1"]);
  });
});
