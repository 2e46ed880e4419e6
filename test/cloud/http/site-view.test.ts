import { describe, expect, it } from "vitest";
import { VisitPhoto } from "#contract/messages.ts";
import { alertView, siteDetail } from "../../../cloud/http/site-view.ts";
import { aRegistry, aVisitPhoto, NOON } from "../../support/builders.ts";

const visitOf = (photos: readonly VisitPhoto[]) =>
  ({
    ...{ tenant: "demo", device: "truck-1", visit: "visit-1", site: "site-1" },
    ...{ startedAt: NOON - 60_000, endedAt: NOON, storedAt: NOON, timeErrorMs: null, pair: null },
    signature: "valid",
    photos,
  }) as const;

/** What the desk is shown of a visit with these photos. */
function photosOf(photos: readonly VisitPhoto[]) {
  const visit = visitOf(photos);
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

describe("a visit's photos on the public map", () => {
  it("carry no suspicion of whoever took them: that is for a person at the desk", () => {
    const [site] = aRegistry().sites;
    if (site === undefined) throw new Error("the registry has no site");
    const suspect = VisitPhoto.parse({ ...aVisitPhoto(), screen: 0.9, seen: { sha: "a".repeat(64), p: 0.9 } });
    const shown = siteDetail(site, site.name, visitOf([suspect]), new Set([suspect.sha])).lastVisit?.photos;

    expect(photosOf([suspect])).toMatchObject([{ screen: 0.9, seen: { p: 0.9 } }]);
    expect(shown).toMatchObject([{ sha: suspect.sha, state: suspect.state, screen: null, seen: null }]);
  });
});
