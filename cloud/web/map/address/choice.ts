import { z } from "zod";
import type { Pollutant } from "../../../air/pollutants.ts";
import { AVERAGINGS, type Averaging } from "../../../http/schemas.ts";

/** Reads the averaging of an address: the newest single value, a mean, or EPA's NowCast of the last hours. */
export const AverageName = z.enum(AVERAGINGS);

/** By what and how the air is shown. */
export interface Choice {
  /** Id of a standard (`cloud/air/standards`). */
  readonly standard: string;
  readonly pollutant: Pollutant;
  readonly average: Averaging;
}

/** What a first visitor sees: the index that residents know from elsewhere, for fine dust, as it is now. */
export const FIRST_CHOICE: Choice = { standard: "us-epa-2024", pollutant: "pm25", average: "now" };
