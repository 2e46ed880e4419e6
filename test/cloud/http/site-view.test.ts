import { describe, expect, it } from "vitest";
import { VisitPhoto } from "#contract/messages.ts";
import { alertView } from "../../../cloud/http/site-view.ts";
import { aVisitPhoto, NOON } from "../../support/builders.ts";

/** What the desk is shown of a visit with these photos. */
function photosOf(photos: readonly VisitPhoto[]) {
  const visit = {
    ...{ tenant: "demo", device: "truck-1", visit: "visit-1", site: "site-1" },
    ...{ startedAt: NOON - 60_000, endedAt: NOON, storedAt: NOON, timeErrorMs: null, pair: null },
    signature: "valid",
    photos,
  } as const;
  const alert = {
    id: "alert-1",
    cause: "dirty-after",
    site: "site-1",
    municipality: "m-1",
    ...{ createdAt: NOON, acknowledgedAt: null, acknowledgedBy: null, visit },
  } as const;
  return alertView(alert, undefined, new Set()).visit.photos;
}

describe("a visit's photos at the desk", () => {
  it("carry what the device says of screens, and null where an older device said nothing", () => {
    const older = VisitPhoto.parse(JSON.parse(JSON.stringify(aVisitPhoto({ role: "before" }))));
    const newer = VisitPhoto.parse({ ...aVisitPhoto(), screen: 0.7 });

    expect(photosOf([older, newer]).map(({ screen }) => screen)).toEqual([null, 0.7]);
    expect(VisitPhoto.safeParse({ ...aVisitPhoto(), screen: 1.2 }).success).toBe(false);
  });
});
