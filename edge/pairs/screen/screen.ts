import { z } from "zod";
import { decodePicture } from "../../classify/preprocess.ts";
import { Curve, likelihoodOf } from "../calibration.ts";
import fitted from "./screen.json" with { type: "json" };
import { screenFiguresOf } from "./screen-figures.ts";

/** The curve of `screen`, fitted by `models/eval/screens/fit.ts`. */
const ScreenCurve = z.object({
  /** When and from what it was fitted. */
  fitted: z.object({ at: z.string(), from: z.string(), point: z.string() }),
  curve: Curve,
});

export const SCREEN_CURVE: Curve = ScreenCurve.parse(fitted).curve;

/**
 * How likely it is that a JPEG shows a screen or a print instead of the place itself; null for a photo too small to tell. Rejects
 * with `photo-unreadable`.
 *
 * 0.5 is the point that at most one honest photo in a hundred was seen to reach. Fitted on made pictures: no photo of a real screen was at
 * hand, so it is a reason to look and never a proof. A fence, a blind or a mesh that fills the picture may look the same.
 */
export async function likelihoodOfScreen(jpeg: Uint8Array): Promise<number | null> {
  const figures = screenFiguresOf(await decodePicture(jpeg));
  return figures === null ? null : likelihoodOf(SCREEN_CURVE, figures);
}
