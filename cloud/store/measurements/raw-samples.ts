import type { RawSample } from "./measurements.ts";

/** The oldest of what several sensors gave, by time and then by sensor. */
export const oldestOf = (samples: readonly RawSample[], most: number): readonly RawSample[] =>
  samples.toSorted((a, b) => a.at - b.at || (a.sensor < b.sensor ? -1 : 1)).slice(0, most);
