import type { Averaging } from "../http/schemas.ts";
import type { Averaging as StandardAveraging } from "./standards/standard.ts";

/** The names that standards, files and people use for the averagings of the API. */
export const standardAveraging = {
  now: "now",
  m20: "20min",
  h1: "1h",
  nowcast: "nowcast",
  h8: "8h",
  h24: "24h",
} as const satisfies Record<Averaging, StandardAveraging>;
