import type { Pollutant } from "../../../air/pollutants.ts";
import { unitName } from "../../page/field.ts";
import type { Speech } from "../../page/language.ts";

/** Carbon monoxide is carried in mg/m³, all else in µg/m³. */
export const unitOfPollutant = (pollutant: Pollutant): string => (pollutant === "co" ? "mg/m³" : "µg/m³");

/** A concentration with the name of its substance and its unit. */
export function sayValue({ words, format }: Speech, value: number | null, pollutant: Pollutant): string {
  const said = value === null ? "–" : `${format.number(value)} ${unitName(words, unitOfPollutant(pollutant))}`;
  return `${words.air.pollutant[pollutant]} ${said}`;
}
