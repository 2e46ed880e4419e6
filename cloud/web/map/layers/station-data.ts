import type { StationFeature } from "../../../http/schemas.ts";
import { nameOfMark, nameOfWind } from "../marks/mark-look.ts";
import type { AirView } from "../station/air-view.ts";

/** What the map's worker is told of a station: pictures by name, and a key by which the worst of a cluster is found. */
export interface StationMark {
  readonly id: string;
  readonly icon: string;
  /** `order|icon`; as texts, keys compare like their orders. */
  readonly key: string;
  readonly order: number;
  readonly isDoubtful: 0 | 1;
  readonly wind: string;
  /** Where the arrow points: where the wind blows to, in degrees. */
  readonly windTo: number;
}

const ORDER_DIGITS = 9;
const BETWEEN = "|";

/** Orders as texts of one length: the greater text is the worse one. */
export const keyOf = (order: number, icon: string): string =>
  `${String(order).padStart(ORDER_DIGITS, "0")}${BETWEEN}${icon}`;

/** The picture's name in a key. */
export const iconOfKey = (key: string): string => key.slice(ORDER_DIGITS + BETWEEN.length);

/** A station as the map draws it. */
export function markOf(station: StationFeature, view: AirView): StationMark {
  const icon = nameOfMark(view.look);
  const { wind } = station.properties;
  const isFresh = view.freshness === "live";
  return {
    id: station.id,
    icon,
    key: keyOf(view.order, icon),
    order: view.order,
    isDoubtful: view.isDoubtful ? 1 : 0,
    wind: wind === null || wind.direction === null || !isFresh ? "" : nameOfWind(wind.speed),
    windTo: wind?.direction === null || wind === null ? 0 : (wind.direction + 180) % 360,
  };
}

/** The properties of a cluster, folded member by member: the worst key and how many are doubtful. */
export const clusterProperties = {
  key: [
    [
      "case",
      [">", ["to-string", ["accumulated"]], ["to-string", ["get", "key"]]],
      ["to-string", ["accumulated"]],
      ["to-string", ["get", "key"]],
    ],
    ["get", "key"],
  ],
  isDoubtful: ["+", ["get", "isDoubtful"]],
};
