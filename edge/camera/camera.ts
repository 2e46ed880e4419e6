import { AppError } from "#kit/errors.ts";

/** Takes photos. */
export interface Camera {
  /**
   * Takes one JPEG. Rejects with `camera-unavailable` when there is none to be had, with `photo-unreadable` when what
   * came is no whole JPEG; the next call goes on behind it.
   */
  capture(signal: AbortSignal): Promise<Uint8Array>;
  /** One line on how the camera is doing, without using up a photo; rejects with `camera-unavailable`. */
  check(signal: AbortSignal): Promise<string>;
}

/** Why a camera gives no photo; the table in this folder's README says what to do about each. */
export type CameraReason =
  | "no-camera"
  | "no-photo"
  | "not-installed"
  | "busy"
  | "cable"
  | "denied"
  | "firmware"
  | "no-memory"
  | "bandwidth"
  | "wrong-setting"
  | "hung"
  | "too-large"
  | "disk-full"
  | "unreachable"
  | "refused"
  | "wrong-answer"
  | "power"
  | "failed";

/** The camera is silent, away, or has no new photo; its message tells a person what to do. */
export class CameraUnavailable extends AppError {
  readonly code = "camera-unavailable";
  readonly retry = true;
  readonly reason: CameraReason;
  constructor(reason: CameraReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
