import sharp from "sharp";
import { expect, it } from "vitest";
import type { Camera } from "../../edge/camera/camera.ts";

/** A camera under test and what stands before it. */
export interface CameraStage {
  readonly camera: Camera;
  /** Puts one scene before the lens; scenes are taken in the order of their staging. */
  stage(jpeg: Uint8Array): Promise<void>;
}

/** A small picture of one colour. */
export async function drawColour(colour: string, widthPx = 64, heightPx = 48): Promise<Uint8Array> {
  const create = { width: widthPx, height: heightPx, channels: 3 as const, background: colour };
  return await sharp({ create }).jpeg().toBuffer();
}

const never = new AbortController().signal;

/** What every camera must do. */
export function behavesLikeACamera(setUp: () => Promise<CameraStage>): void {
  it("takes one whole JPEG", async () => {
    const { camera, stage } = await setUp();
    await stage(await drawColour("red"));

    const photo = await camera.capture(never);

    expect((await sharp(photo).metadata()).format).toBe("jpeg");
  });

  it("takes no photo twice", async () => {
    const { camera, stage } = await setUp();
    await stage(await drawColour("red"));
    await stage(await drawColour("blue"));

    const first = await camera.capture(never);
    const second = await camera.capture(never);

    expect(Buffer.from(first).equals(second)).toBe(false);
  });

  it("rejects with camera-unavailable when there is nothing to take, and takes what comes later", async () => {
    const { camera, stage } = await setUp();

    await expect(camera.capture(never)).rejects.toMatchObject({ code: "camera-unavailable", retry: true });
    await expect(camera.check(never)).rejects.toMatchObject({ code: "camera-unavailable" });
    await stage(await drawColour("green"));

    await expect(camera.capture(never)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("rejects a photo that is not whole, once, and goes on behind it", async () => {
    const { camera, stage } = await setUp();
    const whole = await drawColour("red", 640, 480);
    await stage(whole.subarray(0, whole.length / 2));
    await stage(Buffer.from("this is no photo"));
    await stage(whole);

    await expect(camera.capture(never)).rejects.toMatchObject({ code: "photo-unreadable", retry: false });
    await expect(camera.capture(never)).rejects.toMatchObject({ code: "photo-unreadable", retry: false });

    expect(Buffer.from(await camera.capture(never)).equals(whole)).toBe(true);
  });

  it("takes nothing for someone who has given up", async () => {
    const { camera, stage } = await setUp();
    await stage(await drawColour("red"));

    await expect(camera.capture(AbortSignal.abort())).rejects.toThrow();

    await expect(camera.capture(never)).resolves.toBeInstanceOf(Uint8Array);
  });
}
