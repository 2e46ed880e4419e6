import { sharp } from "../../../edge/camera/thrifty-sharp.ts";
import { between } from "../../random.ts";

/** How a photo may be changed before it is used a second time. */
export const COPIES = ["recompressed", "resized", "brightened", "cropped", "mirrored", "cropped-mirrored"] as const;
export type Copy = (typeof COPIES)[number];

/** What a crop keeps of each side: 70 % of the side, so half of the area. */
export const CROP_SIDE = 0.7;

/** What a copy shows of its original: left and top of width and height. */
export interface MadeCopy {
  readonly jpeg: Uint8Array;
  readonly left: number;
  readonly top: number;
}

/** Makes a copy of a photo; each kind is saved as JPEG once more. */
export async function makeCopy(jpeg: Uint8Array, copy: Copy, random: () => number): Promise<MadeCopy> {
  const { width, height } = await sharp(jpeg).metadata();
  const quality = Math.round(between(random, 40, 85));
  const whole = { left: 0, top: 0 };
  const save = async (image: ReturnType<typeof sharp>, shows = whole): Promise<MadeCopy> => ({
    jpeg: await image.jpeg({ quality }).toBuffer(),
    ...shows,
  });
  const cut = () => {
    const [keepX, keepY] = [Math.round(width * CROP_SIDE), Math.round(height * CROP_SIDE)];
    const [left, top] = [Math.floor(random() * (width - keepX)), Math.floor(random() * (height - keepY))];
    const image = sharp(jpeg).extract({ left, top, width: keepX, height: keepY });
    return { image, shows: { left: left / width, top: top / height } };
  };
  switch (copy) {
    case "recompressed":
      return save(sharp(jpeg));
    case "resized": {
      const scale = between(random, 0.5, 1.5);
      // The aspect changes a little, too: whoever hides a copy drags at its corner.
      const aspect = between(random, 0.93, 1.07);
      const size = { width: Math.round(width * scale * aspect), height: Math.round(height * scale) };
      return save(sharp(jpeg).resize({ ...size, fit: "fill" }));
    }
    case "brightened": {
      const gamma = between(random, 1, 1.8);
      const image = sharp(jpeg).linear(between(random, 0.7, 1.35), between(random, -25, 35));
      return save(random() < 0.5 ? image.gamma(gamma) : image);
    }
    case "cropped": {
      const { image, shows } = cut();
      return save(image, shows);
    }
    case "mirrored":
      return save(sharp(jpeg).flop());
    case "cropped-mirrored": {
      const { image, shows } = cut();
      return save(image.flop(), shows);
    }
    default:
      return copy satisfies never;
  }
}
