import type { AirValue } from "../../../http/schemas.ts";
import { LEAST_CONFIDENCE } from "./air-view.ts";

/** How sure a value is, in one of three words. */
export type Sureness = "high" | "medium" | "low";

/** From this on nothing but small doubts is left. */
const HIGH = 0.8;

/** The word for a confidence. */
export function surenessOf({ confidence, value }: AirValue): Sureness {
  if (value === null || confidence < LEAST_CONFIDENCE) return "low";
  return confidence >= HIGH ? "high" : "medium";
}

/** `epa-2021@1` as its name and version; a reason for no correction as such. */
export function formulaOf(correction: string | null | undefined): { name: string; version: string } | { none: string } {
  if (correction === null || correction === undefined) return { none: "" };
  if (correction.startsWith("none")) return { none: correction.slice("none:".length) };
  const [name = "", version = ""] = correction.split("@");
  return { name, version };
}
