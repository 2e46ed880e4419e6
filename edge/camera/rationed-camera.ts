import { type Camera, CameraUnavailable } from "./camera.ts";

/** A camera that is not used while the device has no power for it; then it rejects with `camera-unavailable`, reason `power`. */
export function rationCamera(camera: Camera, isAllowed: () => boolean): Camera {
  const requirePower = () => {
    if (isAllowed()) return;
    throw new CameraUnavailable("power", "the battery is too low for the camera: charge it, or wait for the sun");
  };
  return {
    capture: async (signal) => {
      requirePower();
      return await camera.capture(signal);
    },
    check: async (signal) => {
      requirePower();
      return await camera.check(signal);
    },
  };
}
