import type { Averaging } from "../../../http/schemas.ts";
import type { Words } from "../../page/words.ts";
import { pastAverage } from "./past.ts";

/** By which mean the past is shown, and that it stands in for the chosen one where that is not kept. */
export function sayPastAverage({ average, averageLong, pastInstead }: Words["air"], chosen: Averaging): string {
  const shown = pastAverage(chosen);
  return shown === chosen ? averageLong[shown] : pastInstead(average[chosen], averageLong[shown]);
}
