import { z } from "zod";

/** What was seen of a model since it was switched to; kept on disk, since a truck is switched off each evening. */
export const TrialCounts = z.object({
  /** Starts of the program that have not lasted yet. */
  starts: z.number().int(),
  photos: z.number().int(),
  /** Photos without a verdict that helps anybody: unusable, unsure, not a site. */
  doubtful: z.number().int(),
  /** Photos that the model failed on. */
  errors: z.number().int(),
  /** Photos that took longer than the bound. */
  slow: z.number().int(),
  upMs: z.number(),
});
export type TrialCounts = z.infer<typeof TrialCounts>;

export const NO_COUNTS: TrialCounts = { starts: 0, photos: 0, doubtful: 0, errors: 0, slow: 0, upMs: 0 };

/** What a model on trial is held against. */
export interface TrialBounds {
  /** So many photos with a verdict that helps prove it. */
  readonly photos: number;
  /** Share of doubtful photos before the switch, 0 to 1; undefined where too few were seen. */
  readonly doubtfulBefore: number | undefined;
}

/** A loaded model that ends the program does so within minutes, or not because of the model. */
const MOST_STARTS = 3;
const MOST_ERRORS = 3;
const MOST_SLOW = 5;
/** Share of doubtful photos may rise by so much; of ten photos, three more. */
const DOUBTFUL_RISE = 0.3;
/** Where nothing is known from before: a lens in fog has a day like that, not more. */
const DOUBTFUL_UNKNOWN = 0.5;
const LEAST_PHOTOS = 10;
/** A device that sees no photo for so long is proven by not having failed. */
const QUIET_MS = 24 * 3_600_000;

/** How a trial goes: an end with its reason, or undefined while it goes on. */
export function judgeTrial(
  counts: TrialCounts,
  { photos, doubtfulBefore }: TrialBounds,
): { readonly isWell: boolean; readonly reason: string } | undefined {
  const returns = (reason: string) => ({ isWell: false, reason });
  if (counts.starts > MOST_STARTS) return returns(`the program ended ${MOST_STARTS} times soon after its start`);
  if (counts.errors >= MOST_ERRORS) return returns(`${counts.errors} photos could not be judged`);
  if (counts.slow >= MOST_SLOW && counts.slow * 10 > counts.photos) {
    return returns(`${counts.slow} of ${counts.photos} photos took longer than the manifest allows`);
  }
  const mostDoubtful = Math.min(0.95, (doubtfulBefore ?? DOUBTFUL_UNKNOWN) + DOUBTFUL_RISE);
  if (counts.photos >= LEAST_PHOTOS && counts.doubtful > mostDoubtful * counts.photos) {
    return returns(`${counts.doubtful} of ${counts.photos} photos were doubtful`);
  }
  const well = counts.photos - counts.doubtful - counts.errors;
  if (well >= photos) return { isWell: true, reason: `${well} photos were judged well` };
  if (counts.upMs >= QUIET_MS) return { isWell: true, reason: "a day without trouble" };
  return undefined;
}
