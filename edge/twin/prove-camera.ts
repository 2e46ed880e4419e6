import { messageOf } from "#kit/errors.ts";
import { type Camera, type CameraReason, CameraUnavailable } from "../camera/camera.ts";

/** A look starts a program, and a camera of the network may take its time. */
const LOOK_WITHIN_MS = 10_000;
/** They say nothing of the camera: it is used just now, saves power, or a folder was taken to its end. */
const SAYS_NOTHING: ReadonlySet<CameraReason> = new Set(["busy", "power", "no-photo"]);
const ITS_SETTINGS = ["CAMERA", "CAMERA_OPTIONS"];

/** Why settings of a camera that would be proven now do not work, or null: the camera must answer once. Never rejects. */
export async function cameraTrouble(names: readonly string[], camera: Pick<Camera, "check"> | undefined) {
  if (camera === undefined || !names.some((name) => ITS_SETTINGS.includes(name))) return null;
  try {
    await camera.check(AbortSignal.timeout(LOOK_WITHIN_MS));
    return null;
  } catch (error) {
    if (error instanceof CameraUnavailable && SAYS_NOTHING.has(error.reason)) return null;
    return `the camera does not answer (${messageOf(error).slice(0, 80)})`;
  }
}
