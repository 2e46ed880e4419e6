import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodePicture, letterboxByArea, stretchByArea, toTensor } from "../../../edge/classify/preprocess.ts";

async function aJpeg(widthPx: number, heightPx: number, orientation = 1): Promise<Uint8Array> {
  const background = { r: 200, g: 40, b: 20 };
  return await sharp({ create: { width: widthPx, height: heightPx, channels: 3, background } })
    .withMetadata({ orientation })
    .jpeg()
    .toBuffer();
}

describe("decodePicture", () => {
  it("turns a picture upright by its EXIF", async () => {
    const jpeg = await aJpeg(40, 20, 6);

    const picture = await decodePicture(jpeg);

    expect([picture.widthPx, picture.heightPx]).toEqual([20, 40]);
  });

  it.each([
    ["is halved where it has four times what is needed", 1024, 768, 256, [512, 384]],
    ["stays as it is where it has less", 1022, 768, 256, [1022, 768]],
    ["stays as it is where a side is odd", 1024, 767, 256, [1024, 767]],
  ])("a photo %s, and says how small it came", async (_, widthPx, heightPx, forPx, size) => {
    const upright = await decodePicture(await aJpeg(widthPx, heightPx), forPx);
    const turned = await decodePicture(await aJpeg(widthPx, heightPx, 6), forPx);

    expect([upright.widthPx, upright.heightPx]).toEqual(size);
    expect([turned.heightPx, turned.widthPx]).toEqual(size);
    expect([upright.shortSidePx, turned.shortSidePx]).toEqual([heightPx, heightPx]);
  });

  it("gives three colours for a grey photo", async () => {
    const jpeg = await sharp(await aJpeg(16, 16))
      .greyscale()
      .jpeg()
      .toBuffer();

    const picture = await decodePicture(jpeg);

    expect(picture.rgb.length).toBe(16 * 16 * 3);
  });

  it.each([
    ["text", Buffer.from("this is not a photo")],
    ["nothing", Buffer.alloc(0)],
  ])("rejects %s as unreadable", async (_, bytes) => {
    await expect(decodePicture(bytes)).rejects.toMatchObject({ code: "photo-unreadable", retry: false });
  });

  it("rejects a JPEG that was cut off", async () => {
    const whole = await sharp(await aJpeg(300, 300))
      .jpeg()
      .toBuffer();

    const decoding = decodePicture(whole.subarray(0, Math.floor(whole.length / 2)));

    await expect(decoding).rejects.toMatchObject({ code: "photo-unreadable" });
  });
});

describe("stretchByArea", () => {
  it("takes the mean of the pixels that a new one covers", () => {
    const rgb = Uint8Array.from([0, 0, 0, 100, 10, 20, 40, 30, 20, 60, 0, 0]);

    const one = stretchByArea({ widthPx: 2, heightPx: 2, rgb }, 1, 1);

    expect([...one.rgb]).toEqual([50, 10, 10]);
  });

  it("weighs a pixel on the border by the part that is covered", () => {
    const rgb = Uint8Array.from([0, 0, 0, 90, 90, 90, 30, 30, 30]);

    const two = stretchByArea({ widthPx: 3, heightPx: 1, rgb }, 2, 1);

    expect(two.rgb[0]).toBeCloseTo(30, 4);
    expect(two.rgb[3]).toBeCloseTo(50, 4);
  });

  it("repeats pixels where the picture is smaller", () => {
    const two = stretchByArea({ widthPx: 1, heightPx: 1, rgb: Uint8Array.from([7, 8, 9]) }, 2, 1);

    expect([...two.rgb].map(Math.round)).toEqual([7, 8, 9, 7, 8, 9]);
  });

  it("keeps the mean of a picture of odd size", () => {
    const rgb = Uint8Array.from({ length: 31 * 17 * 3 }, (_, i) => (i * 37) % 256);
    const meanOf = (values: Iterable<number>) => {
      const all = [...values];
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    };

    const stretched = stretchByArea({ widthPx: 31, heightPx: 17, rgb }, 8, 8);

    expect(meanOf(stretched.rgb)).toBeCloseTo(meanOf(rgb), 2);
  });
});

describe("letterboxByArea", () => {
  const wide = { widthPx: 4, heightPx: 2, rgb: new Uint8Array(24).fill(200) };

  it("keeps the aspect, in the middle of grey", () => {
    const { picture, photo } = letterboxByArea(wide, 8, 8, 127);

    const column = Array.from({ length: 8 }, (_, y) => Math.round(picture.rgb[y * 8 * 3] ?? 0));
    expect(column).toEqual([127, 127, 200, 200, 200, 200, 127, 127]);
    expect(photo).toEqual({ left: 0, top: 0.25, width: 1, height: 0.5 });
  });

  it.each([
    [3, 2, 8, 8, [8, 5]],
    [2, 3, 8, 8, [5, 8]],
    [16, 1, 8, 8, [8, 1]],
    [1000, 1, 8, 8, [8, 1]],
    [5, 5, 8, 6, [6, 6]],
    [4, 3, 2, 2, [2, 2]],
  ])("makes %d by %d in %d by %d to %s: half a pixel counts as one, none as one", (w, h, width, height, size) => {
    const { photo } = letterboxByArea({ widthPx: w, heightPx: h, rgb: new Uint8Array(w * h * 3) }, width, height, 0);

    expect([photo.width * width, photo.height * height].map(Math.round)).toEqual(size);
  });

  it("leaves the spare line to the right and below", () => {
    const { photo } = letterboxByArea({ widthPx: 8, heightPx: 5, rgb: new Uint8Array(120) }, 8, 8, 0);

    expect(Math.round(photo.top * 8)).toBe(1);
  });
});

describe("toTensor", () => {
  it("lays out one plane per colour and normalises", () => {
    const picture = { widthPx: 2, heightPx: 1, rgb: Float32Array.from([127, 255, 0, 127, 127, 127]) };

    const tensor = toTensor(picture, 127, 128);

    expect([...tensor]).toEqual([0, 0, 1, 0, -127 / 128, 0]);
  });
});
