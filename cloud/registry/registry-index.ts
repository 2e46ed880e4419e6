import type { Address } from "#contract/names.ts";
import type { Assignment, Municipality, Registry, Site, Station } from "#contract/registry.ts";

/** The registry, ready for questions. */
export interface RegistryIndex {
  readonly registry: Registry;
  /** Where a device stood at a moment (UTC ms), or undefined when it stood nowhere. */
  stationOf(address: Address, atMs: number): Station | undefined;
  station(id: string): Station | undefined;
  site(id: string): Site | undefined;
  municipality(id: string): Municipality | undefined;
}

/** Sorts a registry for questions; a device stands at the station of its newest assignment that had begun. */
export function indexRegistry(registry: Registry): RegistryIndex {
  const stations = new Map(registry.stations.map((station) => [station.id, station]));
  const sites = new Map(registry.sites.map((site) => [site.id, site]));
  const municipalities = new Map(registry.municipalities.map((municipality) => [municipality.id, municipality]));
  const assignments = new Map<string, Assignment[]>();
  for (const assignment of registry.assignments) {
    const key = keyOf(assignment);
    assignments.set(key, [...(assignments.get(key) ?? []), assignment]);
  }
  for (const list of assignments.values()) list.sort((a, b) => b.from - a.from);
  return {
    registry,
    stationOf: (address, atMs) => {
      const current = assignments.get(keyOf(address))?.find(({ from }) => from <= atMs);
      return current && stations.get(current.station);
    },
    station: (id) => stations.get(id),
    site: (id) => sites.get(id),
    municipality: (id) => municipalities.get(id),
  };
}

const keyOf = ({ tenant, device }: Address) => `${tenant}:${device}`;
