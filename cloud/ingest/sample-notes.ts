import { correctedField, Pollutant } from "../air/pollutants.ts";
import type { Point } from "../store/measurements/measurements.ts";
import type { LatestSample } from "../store/state/state-view.ts";

/** A sample with what its point says beside the values: the instrument, the correction, the doubts. */
export function withNotes(sample: LatestSample, point: Point | undefined): LatestSample {
  if (point === undefined) return sample;
  const { fields } = point;
  const { instrument, correction, flags, confidence } = fields;
  // A store cannot take a field back from a point that is written again: a corrected value counts with its formula only.
  const isCorrected = typeof correction === "string" && !correction.startsWith("none:");
  const corrected = Object.fromEntries(
    Pollutant.options.flatMap((pollutant) => {
      const value = fields[correctedField(pollutant)];
      return isCorrected && typeof value === "number" ? [[pollutant, value] as const] : [];
    }),
  );
  return {
    ...sample,
    notes: {
      model: typeof instrument === "string" ? instrument : null,
      corrected,
      correction: typeof correction === "string" ? correction : null,
      flags: typeof flags === "string" && flags !== "" ? flags.split(",") : [],
      confidence: typeof confidence === "number" ? confidence : 1,
    },
  };
}
