import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { encodePhoto } from "../../../edge/camera/encode-photo.ts";
import { decodePicture } from "../../../edge/classify/preprocess.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { exifOf, lyingExif, manyScans, segmentsOf, sized, withBits } from "./hostile-jpegs.ts";

const SIZE = { widthPx: 96, heightPx: 64 };
let photo: Buffer;

beforeAll(async () => {
  photo = Buffer.from(await drawSite({ seed: 1, state: "clean", ...SIZE }));
});

const withSegment = (segment: Buffer): Buffer => Buffer.concat([photo.subarray(0, 2), segment, photo.subarray(2)]);
const grey = { width: 48, height: 48, channels: 3, background: "#888" } as const;
const flat = (create: typeof grey) => sharp({ create });

describe("a file that is no photo of a camera", () => {
  it.each([
    ["says that it has 20,000 by 20,000 pixels", async () => sized(photo, 20_000, 20_000), /20000 by 20000 pixels/],
    ["says that it has 65,535 by 65,535 pixels", async () => sized(photo, 65_535, 65_535), /too many/],
    ["has no height", async () => sized(photo, 96, 0), /no size/],
    ["has 12 bits a colour", async () => withBits(photo, 12), /12 bits/],
    ["is for print (CMYK)", async () => await flat(grey).toColourspace("cmyk").jpeg().toBuffer(), /4 colours/],
    ["is cut off in its data", async () => photo.subarray(0, photo.length - 200), /cut off/],
    ["is cut off in its header", async () => photo.subarray(0, 100), /cut off/],
    ["is all header", async () => photo.subarray(0, 3), /cut off/],
    ["has no picture", async () => Buffer.of(0xff, 0xd8, 0xff, 0xd9), /no picture/],
    ["has thousands of passes", async () => await manyScans(5_000), /passes, too many/],
    ["has two frames", async () => withSegment(frameOf(photo)), /two frames/],
    ["is a film of JPEGs", async () => Buffer.concat([photo, photo, photo]), /a film/],
    ["is 40 MB large", async () => Buffer.concat([photo, Buffer.alloc(40_000_000)]), /more than \d+ bytes/],
    ["is a PNG with 16 bits", async () => await flat(grey).toColourspace("rgb16").png().toBuffer(), /not a JPEG/],
    ["is an animated GIF", async () => Buffer.from("GIF89a\x01\0\x01\0\x80\0\0", "latin1"), /not a JPEG/],
    ["is a WebP", async () => await flat(grey).webp().toBuffer(), /not a JPEG/],
    ["is an SVG that would draw itself", async () => Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), /not a/],
    ["is nothing", async () => Buffer.alloc(0), /not a JPEG/],
  ])("that %s is refused with a reason, before anything is decoded", async (_what, make, reason) => {
    const bytes = await make();
    const unreadable = expect.objectContaining({ code: "photo-unreadable", message: expect.stringMatching(reason) });

    await expect(decodePicture(bytes)).rejects.toEqual(unreadable);
    await expect(encodePhoto(bytes)).rejects.toEqual(unreadable);
  });

  it.each([
    ["early", 0.3, false],
    ["late", 0.95, false],
    ["early, in passes", 0.5, true],
  ])(
    "is cut off %s, with an end put behind it: it is no photo, not one whose rest is grey",
    async (_, share, progressive) => {
      const whole = await sharp(photo).resize(640).jpeg({ progressive }).toBuffer();
      const cut = Buffer.concat([whole.subarray(0, whole.length * share), Buffer.of(0xff, 0xd9)]);

      await expect(decodePicture(cut)).rejects.toMatchObject({ code: "photo-unreadable" });
      await expect(encodePhoto(cut)).rejects.toMatchObject({ code: "photo-unreadable" });
    },
  );

  it("has a few bytes before its end, as frames of some webcams do: it is taken", async () => {
    const padded = Buffer.concat([photo.subarray(0, -2), Buffer.alloc(3), Buffer.of(0xff, 0xd9)]);

    expect((await decodePicture(padded)).widthPx).toBe(SIZE.widthPx);
  });

  it.each([0, 9, 99, 65_535])("has an orientation of %d: it is taken as it lies", async (orientation) => {
    const picture = await decodePicture(withSegment(exifOf(orientation)));

    expect([picture.widthPx, picture.heightPx]).toEqual([SIZE.widthPx, SIZE.heightPx]);
  });

  it("has EXIF that points four gigabytes away: the picture is judged, the EXIF is not kept", async () => {
    const lying = withSegment(lyingExif());

    const picture = await decodePicture(lying);
    const kept = await encodePhoto(lying);

    expect(picture.widthPx).toBe(SIZE.widthPx);
    expect(segmentsOf(kept).segments.some(({ marker }) => marker === 0xe1)).toBe(false);
  });

  it("is a photo and a ZIP at once: the photo is judged, and nothing else is kept as proof", async () => {
    const zip = Buffer.from("PK\x03\x04 and <script>alert(1)</script>", "latin1");
    const polyglot = Buffer.concat([photo, zip]);

    const plain = await decodePicture(photo);
    const judged = await decodePicture(polyglot);
    const kept = Buffer.from(await encodePhoto(polyglot));

    expect(Buffer.from(judged.rgb).equals(Buffer.from(plain.rgb))).toBe(true);
    expect(kept.includes("PK\x03\x04")).toBe(false);
  });
});

function frameOf(jpeg: Buffer): Buffer {
  const frame = segmentsOf(jpeg).segments.find(({ marker }) => marker >= 0xc0 && marker <= 0xc2);
  if (frame === undefined) throw new Error("the photo has no frame");
  return frame.bytes;
}
