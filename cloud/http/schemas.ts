import { z } from "zod";
import { PhotoRole, Probabilities, SiteState } from "#contract/messages.ts";
import { Bilingual, Position } from "#contract/registry.ts";
import { Pollutant } from "../air/pollutants.ts";

/** What the public API answers; the web pages import these types, the routes these schemas. */

const Point = z.object({ type: z.literal("Point"), coordinates: Position });
/** A moment, as the API says it. */
export const Milliseconds = z.number().int().describe("UTC milliseconds since 1970");

/** The newest value of one field of a station. */
export const LatestValue = z.object({
  value: z.number(),
  at: Milliseconds,
  sensor: z.string(),
  unit: z.string(),
  timeErrorMs: z
    .number()
    .int()
    .optional()
    .describe("the device did not know the time: derived, and off by so much at most"),
});
export type LatestValue = z.infer<typeof LatestValue>;

/** One concentration, as sure as it is. µg/m³, carbon monoxide in mg/m³. */
export const AirValue = z.object({
  value: z.number().nullable().describe("corrected where a formula fits the sensor, else raw; null: no sample is good"),
  raw: z
    .number()
    .nullable()
    .optional()
    .describe("as the sensor said it; absent in the list of all stations: ask for the station"),
  at: Milliseconds.describe("end of the window; of a value of now the moment of its sample"),
  coverage: z.number().min(0).max(1).nullable().describe("share of the window's minutes with a good sample"),
  confidence: z.number().min(0).max(1),
  flags: z.array(z.string()).describe("reasons to doubt it"),
  correction: z
    .string()
    .nullable()
    .optional()
    .describe("name@version of the formula, or none:reason; null: not judged; absent in the list of all stations"),
});
export type AirValue = z.infer<typeof AirValue>;

/** The same air under several averages; null where there is no such value. */
export const AirAverages = z.object({
  now: AirValue.nullable().describe("mean of the newest good samples of its sensors"),
  m20: AirValue.nullable().describe("mean of the newest full 20 minutes of the clock"),
  h1: AirValue.nullable().describe("mean of the newest full hour of the clock"),
  nowcast: AirValue.nullable().describe(
    "EPA NowCast over the last 12 full hours; of ozone 8, or the newest alone (flag ozone-surrogate)",
  ),
  // Averages that were kept before there was this one have none.
  h8: AirValue.nullable()
    .default(null)
    .describe("mean of the last 8 full hours, of substances that a standard judges by it; coverage is of hours"),
  h24: AirValue.nullable().describe("mean of the last 24 full hours"),
});
export type AirAverages = z.infer<typeof AirAverages>;
/** An averaging of a station's air. */
export type Averaging = keyof AirAverages;
export const AVERAGINGS = ["now", "m20", "h1", "nowcast", "h8", "h24"] as const satisfies readonly Averaging[];

/** A station's air by pollutant; one that it does not measure is absent. */
export const Air = z.partialRecord(Pollutant, AirAverages);
export type Air = z.infer<typeof Air>;

/** `live`: spoke within staleAfterMs; `late`: within offlineAfterMs; `offline`: silent for longer; `never`: not once. */
export const StationStatus = z.enum(["live", "late", "offline", "never"]);
export type StationStatus = z.infer<typeof StationStatus>;

export const StationFeature = z.object({
  type: z.literal("Feature"),
  id: z.string(),
  geometry: Point,
  properties: z.object({
    id: z.string(),
    name: Bilingual,
    municipality: z.string(),
    municipalityName: Bilingual,
    demo: z.boolean().describe("made up for a demonstration: simulated, replayed or not from here"),
    replay: z.string().nullable().describe("name of the recording that is replayed, null for a live sensor"),
    lastAt: Milliseconds.nullable().describe("newest reading of any kind; null before the first"),
    isStale: z.boolean().describe("nothing came for longer than staleAfterMs"),
    values: z.record(z.string(), LatestValue).describe("empty in the list of all stations: ask for the station"),
    air: Air,
    status: StationStatus,
    marks: z.array(z.string()).describe("`replayed`, and the doubts about what is shown as now"),
    wind: z
      .object({ speed: z.number().describe("m/s"), direction: z.number().nullable().describe("degrees it comes from") })
      .nullable(),
    sensors: z.array(z.object({ sensor: z.string(), model: z.string().nullable() })),
  }),
});
export type StationFeature = z.infer<typeof StationFeature>;

/** A station with what its values lean on. */
export const WholeStation = StationFeature.extend({
  formulas: z
    .record(z.string(), Bilingual)
    .describe("what the corrections of its values are called, by the id before `@`"),
});
export type WholeStation = z.infer<typeof WholeStation>;

/** Stations as GeoJSON (RFC 7946). */
export const StationCollection = z.object({
  type: z.literal("FeatureCollection"),
  staleAfterMs: z.number().int(),
  offlineAfterMs: z.number().int(),
  features: z.array(StationFeature),
});
export type StationCollection = z.infer<typeof StationCollection>;

/** The state of a site on the map: the verdict on its last "after" photo, or `unknown` before the first visit. */
export const SiteMapState = z.union([SiteState, z.literal("unknown")]);
export type SiteMapState = z.infer<typeof SiteMapState>;

/** Whether a visit is signed by the key that its device showed first. */
export const SignatureCheck = z.enum(["valid", "invalid", "unknown-key"]);
export type SignatureCheck = z.infer<typeof SignatureCheck>;

export const SiteFeature = z.object({
  type: z.literal("Feature"),
  id: z.string(),
  geometry: Point,
  properties: z.object({
    id: z.string(),
    name: Bilingual,
    municipality: z.string(),
    municipalityName: Bilingual,
    demo: z.boolean(),
    state: SiteMapState,
    probability: z.number().nullable().describe("the model's probability of that state"),
    lastVisitAt: Milliseconds.nullable().describe("null before the first visit, and where its time is unknown"),
    signature: SignatureCheck.nullable().describe("of the last visit; null before the first"),
  }),
});
export type SiteFeature = z.infer<typeof SiteFeature>;

export const SiteCollection = z.object({ type: z.literal("FeatureCollection"), features: z.array(SiteFeature) });
export type SiteCollection = z.infer<typeof SiteCollection>;

/** A photo of a visit; `url` is null until all its bytes are here. */
export const PhotoView = z.object({
  role: PhotoRole,
  sha: z.string(),
  url: z.string().nullable(),
  takenAt: Milliseconds.nullable(),
  state: SiteState,
  reason: z.string().nullable().describe("why it is unusable, a word of the contract; null with any other state"),
  probabilities: Probabilities.nullable(),
  usable: z.number().nullable().describe("how likely the model takes the picture for one that can be judged"),
  heat: z
    .object({ w: z.number().int(), h: z.number().int(), cells: z.string() })
    .nullable()
    .describe(
      "where the model saw waste: h rows of w bytes over the photo, base64; 128 says nothing, more is for waste",
    ),
  seen: z
    .object({ sha: z.string(), p: z.number() })
    .nullable()
    .describe(
      "an earlier photo that this one may repeat, and how likely the device took that to be, from 0.5; null but at the desk",
    ),
  screen: z.number().nullable().describe("how likely it is a photo of a screen or a print; null but at the desk"),
  model: z.string(),
});
export type PhotoView = z.infer<typeof PhotoView>;

export const VisitView = z.object({
  visit: z.string(),
  device: z.string(),
  startedAt: Milliseconds.nullable(),
  endedAt: Milliseconds.nullable(),
  timeErrorMs: z
    .number()
    .int()
    .nullable()
    .describe(
      "the device did not know the time: derived, and off by so much at most; null where it knew or nobody does",
    ),
  signature: SignatureCheck,
  photos: z.array(PhotoView),
  pair: z
    .object({ samePlace: z.number().nullable(), cleaner: z.number().nullable() })
    .nullable()
    .describe("how likely both photos show one place, and how likely it is cleaner after; null where nobody looked"),
});
export type VisitView = z.infer<typeof VisitView>;

/** A site with its last visit (the before/after pair). */
export const SiteDetail = SiteFeature.extend({ lastVisit: VisitView.nullable() });
export type SiteDetail = z.infer<typeof SiteDetail>;

/** A stored average: 1 min, 20 min and 1 h of UTC, and the days of the region's own time. */
export const Average = z.enum(["m1", "m20", "h1", "h24"]);
export type Average = z.infer<typeof Average>;

export const AVERAGE_COLUMNS = ["start", "value", "raw", "coverage", "confidence", "flags", "correction"] as const;
const AverageRow = z.tuple([
  Milliseconds,
  z.number().nullable(),
  z.number().nullable(),
  z.number().min(0).max(1),
  z.number().min(0).max(1),
  z.array(z.string()),
  z.string().nullable(),
]);
export type AverageRow = z.infer<typeof AverageRow>;

/** Averages of one substance at some stations over time. */
export const AverageSeries = z.object({
  pollutant: Pollutant,
  average: Average,
  unit: z.string(),
  columns: z.array(z.enum(AVERAGE_COLUMNS)).describe("what each place of a row is"),
  stations: z.array(
    z.object({
      station: z.string(),
      rows: z
        .array(AverageRow)
        .describe(
          "by time; a window of which nothing is known is absent, value (corrected where a formula fits) is null if no sample is good",
        ),
    }),
  ),
});
export type AverageSeries = z.infer<typeof AverageSeries>;

export const SAMPLE_COLUMNS = ["at", "value", "sensor"] as const;

/** Single values of one field of a station as its sensors said them. */
export const SampleSeries = z.object({
  station: z.string(),
  field: z.string(),
  unit: z.string(),
  columns: z.array(z.enum(SAMPLE_COLUMNS)).describe("what each place of a row is"),
  rows: z.array(z.tuple([Milliseconds, z.number(), z.string()])).describe("by time"),
  next: Milliseconds.nullable().describe("where there are more in the range: from when on to ask for them"),
});
export type SampleSeries = z.infer<typeof SampleSeries>;

/** One durable alert of a municipality. */
export const AlertView = z.object({
  id: z.string(),
  cause: z.literal("dirty-after"),
  site: z.string(),
  siteName: Bilingual,
  municipality: z.string(),
  municipalityName: Bilingual,
  demo: z.boolean(),
  createdAt: Milliseconds,
  state: SiteState,
  visit: VisitView,
  acknowledgedAt: Milliseconds.nullable(),
  acknowledgedBy: z.string().nullable(),
});
export type AlertView = z.infer<typeof AlertView>;

export const AlertList = z.object({ alerts: z.array(AlertView) });
export type AlertList = z.infer<typeof AlertList>;

/** A message that could not be used, with the reason; it counts once however often it came. */
export const DeadLetterView = z.object({
  topic: z.string(),
  sha256: z.string(),
  reason: z.string(),
  detail: z.string(),
  at: Milliseconds,
  times: z.number().int(),
  bytes: z.number().int(),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

export const DeadLetterList = z.object({ deadLetters: z.array(DeadLetterView) });
export type DeadLetterList = z.infer<typeof DeadLetterList>;

/** A device whose readings or visits have no known time. */
export const TimeUnknownView = z.object({
  tenant: z.string(),
  device: z.string(),
  boots: z.number().int().describe("starts of the device whose time is unknown"),
  readings: z.number().int(),
  withoutStation: z.number().int().describe("of the readings: time known by now, but no station then"),
  doubtful: z
    .number()
    .int()
    .describe("of the readings: the device's clocks contradict each other, no time is believed"),
  visits: z.number().int(),
  bytes: z.number().int(),
  since: Milliseconds.nullable().describe("when the oldest reading came"),
});
export const TimeUnknownList = z.object({ devices: z.array(TimeUnknownView) });
export type TimeUnknownList = z.infer<typeof TimeUnknownList>;

export const HealthPart = z.object({ ok: z.boolean(), detail: z.string() });
export const HealthView = z.object({
  status: z.enum(["ok", "degraded"]),
  parts: z.record(z.string(), HealthPart),
  counts: z.record(z.string(), z.number()),
});
export type HealthView = z.infer<typeof HealthView>;

/** Every error answer of the API. */
export const ErrorView = z.object({ code: z.string(), message: z.string() });
