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

/** What a value was corrected by, and why a part of it was not. */
export interface Correction {
  readonly used: readonly { readonly id: string; readonly version: string }[];
  /** Reasons, as the server names them; empty where nothing is known of a correction. */
  readonly none: readonly string[];
}

/** `epa-2021@1`, `none:no-humidity`, or several joined by `+`, taken apart. */
export function correctionOf(correction: string | null | undefined): Correction {
  const all = correction?.split("+") ?? [];
  return {
    used: all.flatMap((one) => {
      const [id = "", version] = one.split("@");
      return version === undefined ? [] : [{ id, version }];
    }),
    none: all.flatMap((one) => (one.startsWith("none:") ? [one.slice("none:".length)] : [])),
  };
}
