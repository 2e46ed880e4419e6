import { describe, expect, it } from "vitest";
import type { Address } from "#contract/names.ts";
import { acknowledgeAlert } from "../../../cloud/alerts/alert-book.ts";
import { alertIdOf } from "../../../cloud/alerts/dirty-after.ts";
import { createFeatures } from "../../../cloud/http/features.ts";
import { createPairMemory } from "../../../cloud/ingest/pair-memory.ts";
import { storeMessages } from "../../../cloud/ingest/store-messages.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { markWhole } from "../../../cloud/store/photos/photo-notices.ts";
import { aPhoto, aRegistry, aVisit, aVisitPhoto, letterOf, NOON, TRUCK } from "../../support/builders.ts";
import { openStateFiles } from "../../support/state-files.ts";

const OTHER: Address = { ...TRUCK, device: "truck-0002" };
const photo = aPhoto(Buffer.from("a picture"), { seq: 10 });

async function openFeatures() {
  const { state, shelf, view } = await openStateFiles();
  const registry = indexRegistry(aRegistry());
  const clock = { nowMs: () => NOON, monotonicMs: () => NOON };
  const stores = {
    state,
    shelf,
    registry: () => registry,
    nowMs: () => NOON,
    onInternal: () => {},
    gateways: new Map(),
    onRefusedGap: () => {},
    pairs: createPairMemory(),
  };
  return {
    features: createFeatures({
      view,
      registry: { current: () => registry },
      clock,
      staleAfterMs: 1,
      offlineAfterMs: 2,
    }),
    store: (from: Address, ...messages: Parameters<typeof letterOf>[0][]) =>
      storeMessages(
        messages.map((message) => letterOf(message, from)),
        stores,
      ),
    acknowledge: (alert: string, at: number) =>
      state.transaction(at, ({ sql }) => acknowledgeAlert(sql, alert, "Anna", at)),
    settle: (from: Address) => state.transaction(NOON, ({ sql }) => markWhole(sql, { ...from, sha: photo.sha }, NOON)),
  };
}

describe("the alerts of the desk", () => {
  it("are all that are open and the newest two hundred that somebody has acknowledged", async () => {
    const { features, store, acknowledge } = await openFeatures();
    const count = 205;
    const visits = Array.from({ length: count }, (_, i) =>
      aVisit({ seq: i + 1, visit: `visit-${i}`, photos: [aVisitPhoto({ state: "overflow" })] }),
    );
    store(TRUCK, ...visits);
    const open = [0, 1].map((i) => alertIdOf(TRUCK, `visit-${i}`));
    visits.slice(2).forEach(({ visit }, i) => void acknowledge(alertIdOf(TRUCK, visit), i));

    const shown = features.alerts();

    expect(shown).toHaveLength(202);
    expect(shown.filter(({ acknowledgedAt }) => acknowledgedAt === null).map(({ id }) => id)).toEqual(open.toSorted());
    expect(features.openAlertIdsOf("site-1").toSorted()).toEqual(open.toSorted());
    expect(features.openAlertIdsOf("site-2")).toEqual([]);
  });
});

describe("the last visit of a site", () => {
  it("is never shown as later than it came, and gives way to the next one", async () => {
    const { features, store } = await openFeatures();
    const inAYear = NOON + 365 * 86_400_000;

    store(TRUCK, aVisit({ seq: 1, visit: "wrong-clock", startedAt: inAYear, endedAt: inAYear }));
    expect(features.site("site-1")?.properties.lastVisitAt).toBe(NOON);

    store(TRUCK, aVisit({ seq: 2, visit: "next", endedAt: NOON }));
    expect(features.siteDetail("site-1")?.lastVisit?.visit).toBe("next");
  });
});

describe("the photos of a visit", () => {
  it("are shown only when its own device has sent them", async () => {
    const { features, store, settle } = await openFeatures();
    store(TRUCK, aVisit({ photos: [aVisitPhoto({ sha: photo.sha, state: "overflow" })] }));
    const urls = () =>
      [features.siteDetail("site-1")?.lastVisit, features.alert(alertIdOf(TRUCK, "visit-1"))?.visit].map(
        (visit) => visit?.photos[0]?.url,
      );

    store(OTHER, photo.notice);
    settle(OTHER);
    expect(urls()).toEqual([null, null]);

    store(TRUCK, photo.notice);
    settle(TRUCK);
    const url = `/api/v1/photos/${photo.sha}.jpg`;
    expect(urls()).toEqual([url, url]);
  });
});
