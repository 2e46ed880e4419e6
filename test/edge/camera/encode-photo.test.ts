import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { limits } from "#contract/limits.ts";
import { encodePhoto } from "../../../edge/camera/encode-photo.ts";
import { drawColour } from "../../suites/camera.suite.ts";

describe("encodePhoto", () => {
  it("keeps within both limits, even a picture of pure noise", async () => {
    const widthPx = 2400;
    const heightPx = 1600;
    const noise = Buffer.from(Uint8Array.from({ length: widthPx * heightPx * 3 }, (_, i) => (i * 2654435761) >>> 13));
    const raw = { width: widthPx, height: heightPx, channels: 3 as const };
    const jpeg = await sharp(noise, { raw }).jpeg({ quality: 95 }).toBuffer();

    const photo = await encodePhoto(jpeg);
    const { width, height } = await sharp(photo).metadata();

    expect(photo.length).toBeLessThanOrEqual(limits.photoBytes);
    expect(Math.max(width, height)).toBeLessThanOrEqual(limits.photoLongSidePx);
    expect(width / height).toBeCloseTo(1.5, 1);
  });

  it("turns the picture upright and strips its EXIF", async () => {
    const lying = await sharp(await drawColour("red", 64, 32))
      .withExif({ IFD0: { Artist: "a driver" } })
      .withMetadata({ orientation: 6 })
      .toBuffer();

    const { width, height, exif, orientation } = await sharp(await encodePhoto(lying)).metadata();

    expect([width, height]).toEqual([32, 64]);
    expect(exif).toBeUndefined();
    expect(orientation).toBeUndefined();
  });

  it("does not enlarge a small picture", async () => {
    const { width, height } = await sharp(await encodePhoto(await drawColour("red", 40, 30))).metadata();

    expect([width, height]).toEqual([40, 30]);
  });

  it("rejects a truncated JPEG and what is none", async () => {
    const whole = await drawColour("red", 640, 480);

    await expect(encodePhoto(whole.subarray(0, whole.length - 200))).rejects.toMatchObject({
      code: "photo-unreadable",
    });
    await expect(encodePhoto(Buffer.from("hello"))).rejects.toMatchObject({ code: "photo-unreadable" });
  });
});
