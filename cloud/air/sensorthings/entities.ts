import type { StationFeature } from "../../http/schemas.ts";
import type { AirWindow } from "../../store/measurements/air-windows.ts";
import { Pollutant } from "../pollutants.ts";
import { unitOf } from "../units.ts";
import { HOUR_MS } from "../windows/clock-windows.ts";

/** An entity of OGC SensorThings 1.1 as it travels. */
export type Entity = Readonly<Record<string, unknown>>;

/** One substance of one station: what a Datastream is about. */
export interface Stream {
  readonly station: StationFeature;
  readonly pollutant: Pollutant;
}

/** The substances of a station, in their own order. */
export const streamsOf = (station: StationFeature): readonly Stream[] =>
  Pollutant.options.flatMap((pollutant) =>
    station.properties.air[pollutant] === undefined ? [] : [{ station, pollutant }],
  );

export const streamId = ({ station, pollutant }: Stream): string => `${station.id}:${pollutant}`;

/** What every entity has: its id, where it is, and where what belongs to it is. */
function linked(base: string, set: string, id: string, related: readonly string[]): Entity {
  const self = `${base}/${set}('${id}')`;
  return {
    "@iot.id": id,
    "@iot.selfLink": self,
    ...Object.fromEntries(related.map((name) => [`${name}@iot.navigationLink`, `${self}/${name}`])),
  };
}

/** A station as a Thing. */
export function thingOf(base: string, { id, properties }: StationFeature): Entity {
  const { name, municipality, municipalityName, demo, replay, status } = properties;
  return {
    ...linked(base, "Things", id, ["Locations", "Datastreams"]),
    name: name.en,
    description: demo ? "An air station of a demonstration: made up, or not from here" : "An air station",
    properties: { nameRu: name.ru, municipality, municipalityName, demo, replay, status },
  };
}

/** Where a station is. */
export const locationOf = (base: string, { id, geometry, properties }: StationFeature): Entity => ({
  ...linked(base, "Locations", id, ["Things"]),
  name: properties.name.en,
  description: `Where ${properties.name.en} is`,
  encodingType: "application/geo+json",
  location: geometry,
});

/** The instruments of a station together: its averages are made of all of them. */
export function sensorOf(base: string, { id, properties }: StationFeature): Entity {
  const models = [...new Set(properties.sensors.map(({ model, sensor }) => model ?? sensor))];
  return {
    ...linked(base, "Sensors", id, ["Datastreams"]),
    name: `Sensors of ${properties.name.en}`,
    description: `${models.join(", ") || "not known"}; hourly means of the samples that quality control believes`,
    encodingType: "text/html",
    metadata: "/docs",
    properties: { sensors: properties.sensors },
  };
}

/** Concepts of the European air quality vocabulary (dd.eionet.europa.eu/vocabulary/aq/pollutant). */
const EIONET: Readonly<Partial<Record<Pollutant, number>>> = { so2: 1, pm10: 5, o3: 7, no2: 8, co: 10, pm25: 6001 };
const NAMES: Readonly<Record<Pollutant, string>> = {
  pm1: "PM1",
  pm25: "PM2.5",
  pm10: "PM10",
  o3: "Ozone",
  no2: "Nitrogen dioxide",
  so2: "Sulphur dioxide",
  co: "Carbon monoxide",
  h2s: "Hydrogen sulphide",
  nh3: "Ammonia",
  formaldehyde: "Formaldehyde",
};

/** A substance. */
export function observedPropertyOf(base: string, pollutant: Pollutant): Entity {
  const concept = EIONET[pollutant];
  return {
    ...linked(base, "ObservedProperties", pollutant, ["Datastreams"]),
    name: NAMES[pollutant],
    definition:
      concept === undefined
        ? `${base}/ObservedProperties('${pollutant}')`
        : `http://dd.eionet.europa.eu/vocabulary/aq/pollutant/${concept}`,
    description: `Concentration of ${NAMES[pollutant]} in air`,
  };
}

/** UCUM's codes of our units. */
const UCUM: Readonly<Record<string, string>> = { "µg/m³": "ug/m3", "mg/m³": "mg/m3" };

/** Hourly means of one substance at one station. */
export function datastreamOf(base: string, stream: Stream): Entity {
  const { station, pollutant } = stream;
  const symbol = unitOf(pollutant);
  return {
    ...linked(base, "Datastreams", streamId(stream), ["Thing", "Sensor", "ObservedProperty", "Observations"]),
    name: `${NAMES[pollutant]}, ${station.properties.name.en}`,
    description: "Means of full hours of UTC, corrected where a formula fits the sensor",
    observationType: "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
    unitOfMeasurement: {
      name: symbol,
      symbol,
      definition: `http://unitsofmeasure.org/ucum.html#${UCUM[symbol] ?? ""}`,
    },
    observedArea: station.geometry,
  };
}

/** One hour. Its result is null where no sample is good; `parameters` say what is known of it. */
export function observationOf(base: string, { station, pollutant, start, ...window }: AirWindow): Entity {
  const { value, raw, coverage, confidence, flags, correction } = window;
  const end = isoOf(start + HOUR_MS);
  return {
    ...linked(base, "Observations", `${station}:${pollutant}:${start}`, ["Datastream"]),
    phenomenonTime: `${isoOf(start)}/${end}`,
    resultTime: end,
    result: value,
    parameters: { raw, coverage, confidence, flags, correction },
  };
}

const isoOf = (ms: number): string => new Date(ms).toISOString();
