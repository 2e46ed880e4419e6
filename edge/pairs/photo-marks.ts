import { describe } from "./descriptors.ts";
import { decodeGrey, type GreyPicture, shrinkGrey } from "./grey-picture.ts";
import { findKeypoints, type Keypoint, pyramidOf } from "./keypoints.ts";

/** The size at which photos are compared: fine enough for a container's handle, small enough for a slow board. */
export const MARKS_LONG_SIDE_PX = 256;
const MOST_KEYPOINTS = 192;
/** Side of the small picture by which two photos are laid over each other. */
export const THUMB_PX = 48;

/** What one photo is compared with others by. */
export interface PhotoMarks {
  /** Of the picture that the keypoints were found in. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** The strongest first. */
  readonly keypoints: readonly Keypoint[];
  /** 128 bytes for each keypoint. */
  readonly descriptors: Uint8Array;
  /** The whole picture stretched to 48 × 48 grey values. */
  readonly thumb: Uint8Array;
}

/** Reads the marks of a photo; rejects where it cannot be decoded. */
export async function readMarks(jpeg: Uint8Array): Promise<PhotoMarks> {
  return marksOf(await decodeGrey(jpeg, MARKS_LONG_SIDE_PX));
}

/** The marks of a picture that is decoded already. */
export function marksOf(grey: GreyPicture): PhotoMarks {
  const levels = pyramidOf(grey);
  const keypoints = findKeypoints(levels, MOST_KEYPOINTS);
  const { widthPx, heightPx } = grey;
  const thumb = Uint8Array.from(shrinkGrey(grey, THUMB_PX, THUMB_PX).values, Math.round);
  return { widthPx, heightPx, keypoints, descriptors: describe(levels, keypoints), thumb };
}
