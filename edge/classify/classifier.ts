import type { Probabilities, SiteState, UnusableReason } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";

/** A part of the network's input, as fractions of its width and height. */
export interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Local features of a photo, as the network's grid has them. */
export interface LocalMap {
  readonly channels: number;
  readonly heightCells: number;
  readonly widthCells: number;
  /** One plane of `heightCells` rows per channel. */
  readonly values: Float32Array;
  /** The part of the grid that shows the photo: with a letterbox the rest is padding. */
  readonly photo: Part;
}

/** How much each part of the upright photo speaks for waste (above 0) or against it, in logits; its mean is the answer. */
export interface HeatMap {
  readonly heightCells: number;
  readonly widthCells: number;
  /** Row by row. */
  readonly values: Float32Array;
}

/** What was seen in one photo. Everything but state and reason is null where no network was asked. */
export interface Verdict {
  readonly state: SiteState;
  /** Why the photo is `unusable`; null with any other state. */
  readonly reason: UnusableReason | null;
  readonly probabilities: Probabilities | null;
  /** How likely it is that a person could judge the picture, as the network sees it. */
  readonly usable: number | null;
  /** For comparing photos by the cosine; not normalised. */
  readonly embedding: Float32Array | null;
  readonly local: LocalMap | null;
  readonly heat: HeatMap | null;
  readonly tookMs: number;
}

/** Judges photos of waste sites. */
export interface Classifier extends Closer {
  /** SHA-256 of the model file in hex: it travels with each verdict. */
  readonly model: string;
  /** Judges one JPEG; rejects with `photo-unreadable` when it cannot be decoded. */
  classify(jpeg: Uint8Array): Promise<Verdict>;
}

/** The bytes are not a picture that can be decoded. */
export class PhotoUnreadable extends AppError {
  readonly code = "photo-unreadable";
  readonly retry = false;
}

/** The model or its manifest is missing, damaged or made for another input. */
export class ModelUnusable extends AppError {
  readonly code = "model-unusable";
  readonly retry = false;
}
