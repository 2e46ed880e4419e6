import { z } from "zod";
import { DeviceName, SensorName, SiteName, StationName, TenantName } from "./names.ts";

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

/** A correction that was fitted beside a reference station of the network itself: value = x·mass + humidity·RH + temperature·°C + constant. */
export const NetworkFit = z.strictObject({
  id: z.string().regex(/^fit-[a-z0-9-]{1,44}$/),
  version: z.number().int().min(1),
  /** What people are told; without it, that it was fitted beside `reference`. */
  name: Bilingual.optional(),
  input: z.enum(["pm25", "pm25_atm", "pm25_cf1"]),
  /** Instruments that it was made with, and that it may be used for. */
  models: z.array(z.string().min(1)).min(1),
  x: z.number(),
  humidity: z.number().default(0),
  temperature: z.number().default(0),
  constant: z.number().default(0),
  /** What stood beside it: the reference, the place. */
  reference: z.string().min(1),
  /** When the pairs were measured, UTC ms. */
  from: z.number().int(),
  to: z.number().int(),
  pairs: z.number().int().min(1),
  /** Root mean square error against the reference in µg/m³, on later pairs than those of the fit. */
  rmseBefore: z.number().optional(),
  rmseAfter: z.number().optional(),
  /** Mass of the largest pair, µg/m³: above it the fit says nothing. */
  maxInput: z.number().positive(),
  /** Where the pairs lie. */
  data: z.string().optional(),
});
export type NetworkFit = z.infer<typeof NetworkFit>;

/**
 * Which formula corrects which sensors: of the rules whose named members all match, the last holds. `formula` is the name of a
 * published one (cloud/air/correction/formulas.json), of a fit, or `none`.
 */
export const CorrectionRule = z.strictObject({
  tenant: TenantName.optional(),
  station: StationName.optional(),
  sensor: SensorName.optional(),
  /** The instrument: `sds011`. */
  model: z.string().optional(),
  formula: z.string().min(1),
});
export type CorrectionRule = z.infer<typeof CorrectionRule>;

export const Corrections = z.strictObject({
  fits: z.array(NetworkFit).default([]),
  rules: z.array(CorrectionRule).default([]),
});
export type Corrections = z.infer<typeof Corrections>;

/** The registry file of the cloud. Ids of stations, of sites and of municipalities are unique in the whole file. */
export const Registry = z
  .object({
    municipalities: z.array(Municipality),
    stations: z.array(Station),
    sites: z.array(Site),
    assignments: z.array(Assignment),
    /** How PM2.5 is corrected; not said: by the default of each instrument. */
    corrections: Corrections.optional(),
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
