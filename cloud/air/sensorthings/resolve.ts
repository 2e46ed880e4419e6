import type { StationFeature } from "../../http/schemas.ts";
import { Pollutant } from "../pollutants.ts";
import {
  datastreamOf,
  type Entity,
  locationOf,
  observedPropertyOf,
  type Stream,
  sensorOf,
  streamId,
  streamsOf,
  thingOf,
} from "./entities.ts";

/** What a path of SensorThings names: one entity, a list whose entities are made when they are asked for, or hours of a stream. */
export type Resolved =
  | { readonly kind: "one"; readonly make: (base: string) => Entity }
  | { readonly kind: "list"; readonly makers: readonly ((base: string) => Entity)[] }
  | { readonly kind: "hours"; readonly stream: Stream }
  | { readonly kind: "hour"; readonly stream: Stream; readonly start: number };

/** The sets that are here, by what they are called in a path: a list, or the one that something belongs to. */
const SETS = {
  Things: "Things",
  Thing: "Things",
  Locations: "Locations",
  Sensors: "Sensors",
  Sensor: "Sensors",
  ObservedProperties: "ObservedProperties",
  ObservedProperty: "ObservedProperties",
  Datastreams: "Datastreams",
  Datastream: "Datastreams",
  Observations: "Observations",
} as const;
type SetName = (typeof SETS)[keyof typeof SETS];
export const SET_NAMES = [
  "Things",
  "Locations",
  "Datastreams",
  "Sensors",
  "ObservedProperties",
  "Observations",
] as const;

/** What may follow an entity of each set. */
const RELATED: Readonly<Record<SetName, readonly string[]>> = {
  Things: ["Locations", "Datastreams"],
  Locations: ["Things"],
  Sensors: ["Datastreams"],
  ObservedProperties: ["Datastreams"],
  Datastreams: ["Thing", "Sensor", "ObservedProperty", "Observations"],
  Observations: ["Datastream"],
};

/** `Things`, `Things('a')`. */
const SEGMENT = /^([A-Za-z]+)(?:\('((?:[^']|'')*)'\))?$/;

/** A member of a set, of which the others are narrowed. */
interface Member {
  readonly id: string;
  readonly make: (base: string) => Entity;
  readonly streams: readonly Stream[];
  readonly stations: readonly StationFeature[];
}

function membersOf(set: SetName, { stations, streams }: Pick<Member, "stations" | "streams">): readonly Member[] {
  const ofStations = (make: (base: string, station: StationFeature) => Entity): readonly Member[] =>
    stations.map((station) => ({
      id: station.id,
      make: (base) => make(base, station),
      stations: [station],
      streams: streamsOf(station),
    }));
  switch (set) {
    case "Things":
      return ofStations(thingOf);
    case "Locations":
      return ofStations(locationOf);
    case "Sensors":
      return ofStations(sensorOf);
    case "ObservedProperties":
      return Pollutant.options.flatMap((pollutant): readonly Member[] => {
        const own = streams.filter((stream) => stream.pollutant === pollutant);
        const make = (base: string) => observedPropertyOf(base, pollutant);
        return own.length === 0 ? [] : [{ id: pollutant, make, streams: own, stations }];
      });
    case "Datastreams":
      return streams.map((stream) => ({
        id: streamId(stream),
        make: (base) => datastreamOf(base, stream),
        stations: [stream.station],
        streams: [stream],
      }));
    case "Observations":
      return [];
    default:
      return set satisfies never;
  }
}

/** Finds what a path names; undefined where there is no such thing. Hours of all streams together are not a list of this service. */
export function resolve(path: string, stations: readonly StationFeature[]): Resolved | undefined {
  let scope: Pick<Member, "stations" | "streams"> = { stations, streams: stations.flatMap(streamsOf) };
  let last: Resolved | undefined;
  let allowed: readonly string[] = SET_NAMES;
  for (const text of path.split("/").filter((segment) => segment !== "")) {
    const [, name = "", quoted] = SEGMENT.exec(text) ?? [];
    if (!isSet(name) || !allowed.includes(name)) return undefined;
    const set = SETS[name];
    if (set === "Observations") {
      const hour = quoted === undefined ? undefined : hourOf(quoted, scope.streams);
      const [stream] = scope.streams;
      const isOfOne = allowed !== SET_NAMES && stream !== undefined;
      last = hour ?? (quoted === undefined && isOfOne ? { kind: "hours", stream } : undefined);
      if (last === undefined) return undefined;
      if (hour !== undefined) scope = { stations: [hour.stream.station], streams: [hour.stream] };
      allowed = hour === undefined ? [] : RELATED.Observations;
      continue;
    }
    const members = membersOf(set, scope);
    const isOne = name !== set;
    const member = isOne ? members[0] : members.find(({ id }) => id === quoted?.replaceAll("''", "'"));
    if (!isOne && quoted === undefined) {
      last = { kind: "list", makers: members.map(({ make }) => make) };
      allowed = [];
      continue;
    }
    if (member === undefined || (isOne && quoted !== undefined)) return undefined;
    last = { kind: "one", make: member.make };
    scope = member;
    allowed = RELATED[set];
  }
  return last;
}

const isSet = (name: string): name is keyof typeof SETS => Object.hasOwn(SETS, name);

function hourOf(id: string, streams: readonly Stream[]): Extract<Resolved, { kind: "hour" }> | undefined {
  const at = id.lastIndexOf(":");
  const start = Number(id.slice(at + 1));
  const stream = streams.find((one) => streamId(one) === id.slice(0, at));
  return stream === undefined || !Number.isSafeInteger(start) ? undefined : { kind: "hour", stream, start };
}
