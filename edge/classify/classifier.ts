import type { Probabilities, SiteState } from "#contract/messages.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";

/** What was seen in one photo. */
export interface Verdict {
  readonly state: SiteState;
  /** Null where the picture was unusable before any model looked at it. */
  readonly probabilities: Probabilities | null;
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
