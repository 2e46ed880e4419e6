import { describe, expect, it } from "vitest";
import { Registry } from "#contract/registry.ts";
import { aRegistry } from "../../support/builders.ts";

const flawsOf = (change: Parameters<typeof aRegistry>[0]) =>
  Registry.safeParse(aRegistry(change)).error?.issues.map(({ message }) => message) ?? [];

describe("the registry", () => {
  const { municipalities, stations, sites } = aRegistry();
  const foreign = municipalities.map((town) => ({ ...town, id: "foreign", tenant: "elsewhere" }));

  it("is sound as the tests build it", () => {
    expect(flawsOf({})).toEqual([]);
  });

  it("names nothing twice", () => {
    expect(
      flawsOf({ municipalities: [...municipalities, ...foreign.map((town) => ({ ...town, id: "town" }))] }),
    ).toContain("town stands twice");
    expect(flawsOf({ stations: [...stations, ...stations] })).toContain("station-1 stands twice");
    expect(flawsOf({ sites: [...sites, ...sites] })).toContain("site-1 stands twice");
  });

  it("puts stations and sites into municipalities of their own tenant only", () => {
    const both = [...municipalities, ...foreign];
    const moved = sites.map((site) => ({ ...site, municipality: "foreign" }));
    const movedStations = stations.map((station) => ({ ...station, municipality: "foreign" }));

    expect(flawsOf({ municipalities: both, sites: moved })).toEqual([
      "site-1 names a municipality of elsewhere, not of kirov: foreign",
    ]);
    expect(flawsOf({ municipalities: both, stations: movedStations })).toHaveLength(2);
    expect(flawsOf({ sites: sites.map((site) => ({ ...site, municipality: "nowhere" })) })).toEqual([
      "site-1 names an unknown municipality nowhere",
    ]);
  });
});
