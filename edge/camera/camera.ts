import { AppError } from "#kit/errors.ts";

/** Takes photos. */
export interface Camera {
  /**
   * Takes one JPEG. Rejects with `camera-unavailable` when there is none to be had, with `photo-unreadable` when what
   * came is no whole JPEG; the next call goes on behind it.
   */
  capture(signal: AbortSignal): Promise<Uint8Array>;
  /** One line on how the camera is doing, without taking a photo; rejects with `camera-unavailable`. */
  check(): Promise<string>;
}

/** The camera is silent, away, or has no new photo. */
export class CameraUnavailable extends AppError {
  readonly code = "camera-unavailable";
  readonly retry = true;
}
