import { z } from "zod";
import { ApiError } from "./errors.ts";

/** A moment that a caller names, as UTC ms. */
export const Moment = z.coerce
  .date()
  .refine((at) => at.getTime() >= Date.UTC(2020, 0, 1), "there are no data from before 2020")
  .transform((at) => at.getTime());

/** How long a range one answer covers, in ms and in words for whoever asks for more. */
export interface LongestRange {
  readonly ms: number;
  readonly inWords: string;
}

/** The range that is asked for, without the future: its beginning is part of it, its end is not. Throws an ApiError that says what would do. */
export function rangeOf(
  { from, to }: { readonly from: number; readonly to?: number | undefined },
  nowMs: number,
  { ms, inWords }: LongestRange,
): { readonly fromMs: number; readonly toMs: number } {
  // What is of this very millisecond is part of what is now.
  const toMs = Math.min(to ?? nowMs + 1, nowMs + 1);
  if (from >= toMs) throw new ApiError(400, "empty-range", "from must be before to, and in the past");
  if (Math.min(toMs, nowMs) - from > ms)
    throw new ApiError(400, "range-too-long", `one answer covers at most ${inWords}`);
  return { fromMs: from, toMs };
}
