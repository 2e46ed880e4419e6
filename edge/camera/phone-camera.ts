import { type Camera, CameraUnavailable } from "./camera.ts";
import { checkJpeg, MAX_JPEG_BYTES } from "./check-jpeg.ts";

/**
 * The camera of one shot, whose photo a phone has sent: it gives that photo once. Each photo has a camera of its own, so
 * that the photo of a shot which is refused can never become the proof of the next one.
 */
export function createPhoneCamera(jpeg: Uint8Array): Camera {
  let isTaken = false;
  const requirePhoto = () => {
    if (isTaken || jpeg.length === 0) throw new CameraUnavailable("no-photo", "the phone has sent no photo: take one");
    if (jpeg.length > MAX_JPEG_BYTES) {
      throw new CameraUnavailable("too-large", `the phone's photo has more than ${MAX_JPEG_BYTES} bytes`);
    }
  };
  return {
    capture: async (signal) => {
      signal.throwIfAborted();
      requirePhoto();
      isTaken = true;
      await checkJpeg(jpeg, "the phone's photo");
      return jpeg;
    },
    check: async () => {
      requirePhoto();
      return `a photo of ${Math.ceil(jpeg.length / 1024)} KiB from a phone`;
    },
  };
}
