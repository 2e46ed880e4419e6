import { z } from "zod";
import { CameraAddress } from "./camera-address.ts";
import { LIBCAMERA_KNOWS, namesOf, StillOptions } from "./still-options.ts";

/** What a video device understands, by way of ffmpeg. */
const V4L2_KNOWS: readonly (keyof StillOptions)[] = ["warmup", "width", "height"];

/** The settings of a device's camera. */
export const cameraSettings = {
  CAMERA: CameraAddress.optional().describe(
    "auto, rpicam, rpicam:1, libcamera, v4l2:/dev/video0, url:http://…, folder:/path or none; not set: CAMERA_FOLDER",
  ),
  CAMERA_FOLDER: z.string().optional().describe("the same as CAMERA=folder:…; none of the two: no camera, no model"),
  CAMERA_FOLDER_LOOP: z.stringbool().default(false).describe("begin anew after the last photo of the folder"),
  CAMERA_OPTIONS: StillOptions.optional().describe(
    "width=2304,height=1296,warmup=500,exposure=sport,… (edge/camera/README)",
  ),
  CAMERA_SECRET_FILE: z.string().optional().describe("file with one line, user:password, of an IP camera"),
};
export type CameraSettings = z.infer<z.ZodObject<typeof cameraSettings>>;

/** The camera that the settings name. */
export function cameraOf({ CAMERA, CAMERA_FOLDER }: CameraSettings): CameraAddress {
  return CAMERA ?? (CAMERA_FOLDER === undefined ? { kind: "none" } : { kind: "folder", folder: CAMERA_FOLDER });
}

/** Whether a device has a camera at all: those that measure air have none, and load no model. */
export const hasCamera = (settings: CameraSettings): boolean => cameraOf(settings).kind !== "none";

/** Adds an issue for each setting that does not go with the camera: what is silently ignored is a trap. */
export function checkCameraSettings(settings: CameraSettings, context: z.RefinementCtx): void {
  const { CAMERA, CAMERA_FOLDER, CAMERA_OPTIONS, CAMERA_SECRET_FILE } = settings;
  const add = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
  const { kind } = cameraOf(settings);
  if (CAMERA !== undefined && CAMERA_FOLDER !== undefined) add("CAMERA", "set CAMERA or CAMERA_FOLDER, one of them");
  if (CAMERA_SECRET_FILE !== undefined && kind !== "url") add("CAMERA_SECRET_FILE", "is only for CAMERA=url:…");
  const unknown = CAMERA_OPTIONS === undefined ? [] : namesOf(CAMERA_OPTIONS).filter((name) => !knows(kind, name));
  if (unknown.length > 0) add("CAMERA_OPTIONS", `CAMERA=${kind} does not know ${unknown.join(", ")}`);
}

/** Whether a camera understands an option; with `auto` any camera takes those that it knows. */
function knows(kind: CameraAddress["kind"], name: string): boolean {
  switch (kind) {
    case "auto":
    case "rpicam":
      return true;
    case "libcamera":
      return LIBCAMERA_KNOWS.some((known) => known === name);
    case "v4l2":
      return V4L2_KNOWS.some((known) => known === name);
    case "url":
    case "folder":
    case "none":
      return false;
    default:
      return kind satisfies never;
  }
}
