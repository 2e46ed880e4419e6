import { describe, expect, it } from "vitest";
import type { AlertView } from "../../../cloud/http/schemas.ts";
import { arrange, mergeAlerts } from "../../../cloud/web/desk/alerts.ts";
import { merge, replace } from "../../../cloud/web/map/merge.ts";

const at = (feature: { readonly at: number }): number => feature.at;
const known = new Map([["a", { id: "a", at: 5 }]]);

describe("what the map knows", () => {
  it("takes a newer feature and one of the same moment", () => {
    expect(merge(known, [{ id: "a", at: 6 }], at).get("a")).toEqual({ id: "a", at: 6 });
    const again = { id: "a", at: 5 };
    expect(merge(known, [again], at).get("a")).toBe(again);
  });

  it("keeps a live change that overtook a fetched collection", () => {
    expect(replace(known, [{ id: "a", at: 4 }], at).get("a")).toEqual({ id: "a", at: 5 });
  });

  it("forgets only what a whole collection does not name any more", () => {
    expect([...replace(known, [{ id: "b", at: 1 }], at).keys()]).toEqual(["b"]);
    expect([...merge(known, [{ id: "b", at: 1 }], at).keys()]).toEqual(["a", "b"]);
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
    visit: { visit: "v", device: "truck", startedAt: 1, endedAt: 2, signature: "valid", photos: [] },
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
