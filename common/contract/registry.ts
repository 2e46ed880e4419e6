import { z } from "zod";
import { DeviceName, SiteName, StationName, TenantName } from "./names.ts";

/** A text in both languages of the region. */
export const Bilingual = z.object({ ru: z.string().min(1), en: z.string().min(1) });
export type Bilingual = z.infer<typeof Bilingual>;

/** Longitude and latitude in degrees (WGS 84), as in GeoJSON (RFC 7946). */
export const Position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);
export type Position = z.infer<typeof Position>;

export const Municipality = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,48}$/),
  tenant: TenantName,
  name: Bilingual,
});
export type Municipality = z.infer<typeof Municipality>;

/** A place where air is measured. `demo` marks what a simulator feeds; it is shown and never part of an evaluation. */
export const Station = z.object({
  id: StationName,
  tenant: TenantName,
  municipality: z.string(),
  name: Bilingual,
  position: Position,
  demo: z.boolean().default(false),
});
export type Station = z.infer<typeof Station>;

/** A waste collection site. */
export const Site = z.object({
  id: SiteName,
  tenant: TenantName,
  municipality: z.string(),
  name: Bilingual,
  position: Position,
  demo: z.boolean().default(false),
});
export type Site = z.infer<typeof Site>;

/** From `from` on (UTC ms, by the message's true time) a device's readings belong to a station. */
export const Assignment = z.object({
  tenant: TenantName,
  device: DeviceName,
  station: StationName,
  from: z.number().int().min(0),
});
export type Assignment = z.infer<typeof Assignment>;

/** The registry file of the cloud. Ids of stations, of sites and of municipalities are unique in the whole file. */
export const Registry = z
  .object({
    municipalities: z.array(Municipality),
    stations: z.array(Station),
    sites: z.array(Site),
    assignments: z.array(Assignment),
  })
  .superRefine((registry, context) => {
    const tenantOf = new Map(registry.municipalities.map(({ id, tenant }) => [id, tenant]));
    for (const list of [registry.municipalities, registry.stations, registry.sites]) {
      const seen = new Set<string>();
      for (const { id } of list) {
        if (seen.has(id)) context.addIssue({ code: "custom", message: `${id} stands twice` });
        seen.add(id);
      }
    }
    for (const { id, tenant, municipality } of [...registry.stations, ...registry.sites]) {
      const owner = tenantOf.get(municipality);
      if (owner === tenant) continue;
      const flaw = owner === undefined ? "an unknown municipality" : `a municipality of ${owner}, not of ${tenant}:`;
      context.addIssue({ code: "custom", message: `${id} names ${flaw} ${municipality}` });
    }
    const stations = new Map(registry.stations.map((station) => [station.id, station]));
    for (const { tenant, device, station } of registry.assignments) {
      if (stations.get(station)?.tenant !== tenant) {
        context.addIssue({
          code: "custom",
          message: `${tenant}:${device} is assigned to an unknown station ${station}`,
        });
      }
    }
  });
export type Registry = z.infer<typeof Registry>;
