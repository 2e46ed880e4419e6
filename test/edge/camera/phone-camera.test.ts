import { describe, expect, it } from "vitest";
import { type Camera, CameraUnavailable } from "../../../edge/camera/camera.ts";
import { MAX_JPEG_BYTES } from "../../../edge/camera/check-jpeg.ts";
import { createPhoneCamera } from "../../../edge/camera/phone-camera.ts";
import { behavesLikeACamera, drawColour } from "../../suites/camera.suite.ts";

const never = new AbortController().signal;

/** Each photo that is sent has a camera of its own: the suite looks at them in turn, as the shots of a phone do. */
async function setUp() {
  const sent: Camera[] = [];
  const current = () => sent[0] ?? createPhoneCamera(new Uint8Array());
  const camera: Camera = {
    capture: async (signal) => {
      signal.throwIfAborted();
      const phone = current();
      sent.shift();
      return await phone.capture(signal);
    },
    check: (signal) => current().check(signal),
  };
  const stage = async (jpeg: Uint8Array) => void sent.push(createPhoneCamera(jpeg));
  return { camera, stage };
}

describe("createPhoneCamera", () => {
  behavesLikeACamera(setUp);

  it("gives its photo to one shot only", async () => {
    const camera = createPhoneCamera(await drawColour("red"));

    await camera.capture(never);

    await expect(camera.capture(never)).rejects.toBeInstanceOf(CameraUnavailable);
    await expect(camera.check(never)).rejects.toMatchObject({ reason: "no-photo" });
  });

  it("refuses what is too large for a photo", async () => {
    const camera = createPhoneCamera(new Uint8Array(MAX_JPEG_BYTES + 1));

    await expect(camera.capture(never)).rejects.toMatchObject({ reason: "too-large" });
  });
});
