import type { StationFeature } from "../../http/schemas.ts";
import type { LatestSample } from "../../store/state/state-view.ts";

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

/** The newest raw samples that still say something of now; stations that are made up are left out. */
export function communityFeed(
  stations: readonly StationFeature[],
  samples: readonly LatestSample[],
  { nowMs, staleAfterMs }: { readonly nowMs: number; readonly staleAfterMs: number },
): readonly CommunityReading[] {
  const placeOf = new Map(stations.map((station) => [station.id, station]));
  return samples.flatMap((sample) => {
    const place = placeOf.get(sample.station);
    const isOfNow = sample.at <= nowMs + 60_000 && nowMs - sample.at <= staleAfterMs;
    if (place === undefined || place.properties.demo || sample.replay !== null || !isOfNow) return [];
    const values = valuesOf(sample);
    return values.length === 0 ? [] : [readingOf(place, sample, values)];
  });
}

function readingOf(
  { id, geometry }: StationFeature,
  { station, sensor, at, notes }: LatestSample,
  sensordatavalues: CommunityReading["sensordatavalues"],
): CommunityReading {
  const [longitude, latitude] = geometry.coordinates;
  const model = notes?.model ?? sensor;
  return {
    id: numberOf(`${station}/${sensor}/${at}`),
    timestamp: new Date(at).toISOString().slice(0, 19).replace("T", " "),
    location: {
      id: numberOf(id),
      latitude: latitude.toFixed(6),
      longitude: longitude.toFixed(6),
      altitude: "",
      country: "",
      exact_location: 1,
      indoor: 0,
    },
    sensor: {
      id: numberOf(`${station}/${sensor}`),
      pin: "1",
      sensor_type: {
        id: numberOf(model),
        name: model.toUpperCase(),
        manufacturer: MAKERS.find(([pattern]) => pattern.test(model))?.[1] ?? "unknown",
      },
    },
    sensordatavalues,
  };
}

function valuesOf({ station, sensor, at, values }: LatestSample): CommunityReading["sensordatavalues"] {
  return Object.entries(values).flatMap(([field, value]) => {
    const type = VALUE_TYPES[field];
    if (type === undefined || !Number.isFinite(value)) return [];
    const [name, times] = type;
    return [
      { id: numberOf(`${station}/${sensor}/${at}/${name}`), value_type: name, value: (value * times).toFixed(2) },
    ];
  });
}

/** Their ids are numbers: the first 53 bits of a name's FNV-1a hash of 64 bits, the same for ever. */
function numberOf(name: string): number {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return Number(hash >> 11n);
}
