import { describe, expect, it } from "vitest";
import type { AlertView } from "../../../cloud/http/schemas.ts";
import { arrange, mergeAlerts } from "../../../cloud/web/desk/alerts.ts";
import { nothingHeld, takeFetched, takeLive } from "../../../cloud/web/map/merge.ts";

const a1 = { id: "a", n: 1 };
const a2 = { id: "a", n: 2 };
const b1 = { id: "b", n: 1 };

describe("what the map holds", () => {
  it("takes live changes in the order in which they arrive, whatever time they bear", () => {
    const held = takeLive(nothingHeld<typeof a1>(), [a2, a1]);

    expect([...held.features.values()]).toEqual([a1]);
  });

  it("takes a fetched collection in place of what was there before", () => {
    const before = takeLive(nothingHeld<typeof a1>(), [a2]);

    const held = takeFetched(before, [a1], before.changes);

    expect(held.features.get("a")).toBe(a1);
  });

  it("keeps a live change that arrived after the fetch began", () => {
    const before = takeLive(nothingHeld<typeof a1>(), [b1]);
    const during = takeLive(before, [a2]);

    const held = takeFetched(during, [a1, { id: "b", n: 2 }], before.changes);

    expect(held.features.get("a")).toBe(a2);
    expect(held.features.get("b")?.n).toBe(2);
  });

  it("forgets what a collection does not name any more, unless it came after the fetch began", () => {
    const before = takeLive(nothingHeld<typeof a1>(), [a1]);
    const during = takeLive(before, [b1]);

    expect([...takeFetched(during, [], before.changes).features.keys()]).toEqual(["b"]);
    expect([...takeFetched(during, [], during.changes).features.keys()]).toEqual([]);
  });
});

function anAlert(change: Partial<AlertView> = {}): AlertView {
  return {
    id: "alert-1",
    cause: "dirty-after",
    site: "site-1",
    siteName: { ru: "Площадка", en: "Site" },
    municipality: "town",
    municipalityName: { ru: "Город", en: "Town" },
    demo: false,
    createdAt: 10,
    state: "overflow",
    visit: {
      ...{ visit: "v", device: "truck", startedAt: 1, endedAt: 2, timeErrorMs: null, signature: "valid", photos: [] },
      pair: null,
    },
    acknowledgedAt: null,
    acknowledgedBy: null,
    ...change,
  };
}

describe("what the desk knows", () => {
  it("does not lose an acknowledgement to an answer that was on its way before it", () => {
    const taken = mergeAlerts(new Map(), [anAlert({ acknowledgedAt: 20, acknowledgedBy: "Anna" })]);

    const merged = mergeAlerts(taken, [anAlert()]);

    expect(merged.get("alert-1")).toMatchObject({ acknowledgedAt: 20, acknowledgedBy: "Anna" });
  });

  it("puts open alerts first, each part newest first, of one municipality", () => {
    const alerts = mergeAlerts(new Map(), [
      anAlert({ id: "old", createdAt: 1 }),
      anAlert({ id: "done", createdAt: 9, acknowledgedAt: 9, acknowledgedBy: "Anna" }),
      anAlert({ id: "new", createdAt: 2 }),
      anAlert({ id: "elsewhere", createdAt: 3, municipality: "village" }),
    ]);

    const { open, acknowledged } = arrange(alerts, "town");

    expect(open.map(({ id }) => id)).toEqual(["new", "old"]);
    expect(acknowledged.map(({ id }) => id)).toEqual(["done"]);
    expect(arrange(alerts, "").open.map(({ id }) => id)).toEqual(["elsewhere", "new", "old"]);
  });
});
