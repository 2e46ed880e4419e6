import type { StationFeature } from "../../../http/schemas.ts";
import type { Speech } from "../../page/language.ts";

/** The name of the side that a wind comes from, of eight. */
export function compassAt(degrees: number): number {
  return Math.round((((degrees % 360) + 360) % 360) / 45) % 8;
}

/** A wind in words. */
export function sayWind(
  { words, format }: Speech,
  { speed, direction }: NonNullable<StationFeature["properties"]["wind"]>,
): string {
  const from = direction === null ? undefined : words.air.compass[compassAt(direction)];
  const said = format.number(speed);
  return from === undefined ? words.air.windSpeed(said) : words.air.windFrom(said, from);
}
