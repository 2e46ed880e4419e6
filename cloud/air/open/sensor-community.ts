import type { StationFeature } from "../../http/schemas.ts";
import type { LatestSample } from "../../store/state/state-view.ts";
import { type FnvState, fnv, numberOf } from "./fnv.ts";

/**
 * The JSON of Sensor.Community (`data.sensor.community/static/v2/data.json`; opendata-stuttgart/meta, wiki EN-APIs), so that
 * programs made for it read our stations.
 */
export interface CommunityReading {
  readonly id: number;
  /** UTC, `YYYY-MM-DD hh:mm:ss`. */
  readonly timestamp: string;
  readonly location: {
    readonly id: number;
    readonly latitude: string;
    readonly longitude: string;
    readonly altitude: string;
    readonly country: string;
    readonly exact_location: 0 | 1;
    readonly indoor: 0 | 1;
  };
  readonly sensor: {
    readonly id: number;
    readonly pin: string;
    readonly sensor_type: { readonly id: number; readonly name: string; readonly manufacturer: string };
  };
  readonly sensordatavalues: readonly { readonly id: number; readonly value_type: string; readonly value: string }[];
}

/** Their names of our fields, and what a value is multiplied by (pressure is in Pa there). */
const VALUE_TYPES: Readonly<Record<string, readonly [name: string, times: number]>> = {
  pm1: ["P0", 1],
  pm1_atm: ["P0", 1],
  pm25: ["P2", 1],
  pm25_atm: ["P2", 1],
  pm10: ["P1", 1],
  pm10_atm: ["P1", 1],
  temperature: ["temperature", 1],
  humidity: ["humidity", 1],
  pressure: ["pressure", 100],
};

const MAKERS: readonly (readonly [RegExp, string])[] = [
  [/^sds/i, "Nova Fitness"],
  [/^pms/i, "Plantower"],
  [/^(sps|sen|scd|sgp|sht)/i, "Sensirion"],
  [/^bm[ep]/i, "Bosch"],
  [/^dht/i, "various"],
];

/** The newest raw samples that still say something of now, station by station; stations that are made up are left out. */
export function* communityFeed(
  stations: readonly StationFeature[],
  samplesOf: (station: string) => readonly LatestSample[],
  { nowMs, staleAfterMs }: { readonly nowMs: number; readonly staleAfterMs: number },
): Generator<CommunityReading> {
  for (const station of stations) {
    if (station.properties.demo) continue;
    for (const sample of samplesOf(station.id)) {
      const isOfNow = sample.at <= nowMs + 60_000 && nowMs - sample.at <= staleAfterMs;
      const reading = sample.replay === null && isOfNow ? readingOf(station, sample) : undefined;
      if (reading !== undefined) yield reading;
    }
  }
}

/**
 * Their ids are numbers: a hash of what is meant, the same for ever. A sample's is `station/sensor/at`, and each value's goes on from
 * there with `/type`.
 */
function readingOf(
  { id, geometry }: StationFeature,
  { sensor, at, notes, values }: LatestSample,
): CommunityReading | undefined {
  const [longitude, latitude] = geometry.coordinates;
  const model = notes?.model ?? sensor;
  const station = fnv(id);
  const place = fnv(`/${sensor}`, station);
  const sample = fnv(`/${at}`, place);
  const sensordatavalues = valuesOf(values, sample);
  if (sensordatavalues.length === 0) return undefined;
  return {
    id: numberOf(sample),
    timestamp: new Date(at).toISOString().slice(0, 19).replace("T", " "),
    location: {
      id: numberOf(station),
      latitude: latitude.toFixed(6),
      longitude: longitude.toFixed(6),
      altitude: "",
      country: "",
      exact_location: 1,
      indoor: 0,
    },
    sensor: {
      id: numberOf(place),
      pin: "1",
      sensor_type: {
        id: numberOf(fnv(model)),
        name: model.toUpperCase(),
        manufacturer: MAKERS.find(([pattern]) => pattern.test(model))?.[1] ?? "unknown",
      },
    },
    sensordatavalues,
  };
}

function valuesOf(values: LatestSample["values"], sample: FnvState): CommunityReading["sensordatavalues"] {
  return Object.entries(values).flatMap(([field, value]) => {
    const type = VALUE_TYPES[field];
    if (type === undefined || !Number.isFinite(value)) return [];
    const [name, times] = type;
    return [{ id: numberOf(fnv(`/${name}`, sample)), value_type: name, value: (value * times).toFixed(2) }];
  });
}
