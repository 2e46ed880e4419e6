import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { SomeCamera } from "../../firmware-config/settings/camera-address.ts";
import type { CameraSettings } from "../../firmware-config/settings/camera-settings.ts";
import { DEFAULT_OPTIONS } from "../../firmware-config/settings/still-options.ts";
import type { Camera } from "./camera.ts";
import { createAutoCamera, discoverCameras } from "./discover.ts";
import { createFolderCamera } from "./folder-camera.ts";
import { createLibcameraCamera } from "./libcamera-camera.ts";
import { createRpicamCamera } from "./rpicam-camera.ts";
import { createUrlCamera, readCameraSecret } from "./url-camera.ts";
import { createV4l2Camera } from "./v4l2-camera.ts";

/** What cameras need besides their settings. */
export interface CameraParts {
  readonly settings: CameraSettings & { readonly DATA_DIR: string };
  /** All that a camera's program gets to see. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** The table of cameras: opens the one of an address. Rejects with `bad-config` when its secret cannot be read. */
export async function openCamera(address: SomeCamera, parts: CameraParts): Promise<Camera> {
  const { settings, environment, clock, newId } = parts;
  const {
    DATA_DIR,
    CAMERA_OPTIONS: options = DEFAULT_OPTIONS,
    CAMERA_FOLDER_LOOP: loop,
    CAMERA_SECRET_FILE,
  } = settings;
  const { kind } = address;
  switch (kind) {
    case "rpicam":
      return createRpicamCamera(address.index, { options, environment });
    case "libcamera":
      return createLibcameraCamera(join(DATA_DIR, "camera-scratch"), { options, environment });
    case "v4l2":
      return createV4l2Camera(address.device, { options, environment });
    case "url": {
      const secret = CAMERA_SECRET_FILE === undefined ? undefined : await readCameraSecret(CAMERA_SECRET_FILE);
      return createUrlCamera({ url: address.url, secret, clock, newId });
    }
    case "folder":
      return createFolderCamera({ folder: address.folder, positionFile: join(DATA_DIR, "camera-position.json"), loop });
    case "auto":
      return createAutoCamera({
        discover: (signal) => discoverCameras({ environment }, signal),
        open: (found) => openCamera(found, parts),
      });
    default:
      return kind satisfies never;
  }
}
