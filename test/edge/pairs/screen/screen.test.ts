import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Picture } from "../../../../edge/classify/preprocess.ts";
import { likelihoodOfScreen } from "../../../../edge/pairs/screen/screen.ts";
import { type ScreenFigures, screenFiguresOf } from "../../../../edge/pairs/screen/screen-figures.ts";
import { photograph } from "../../../../models/eval/screens/recapture.ts";
import { randomFrom } from "../../../../models/random.ts";
import { drawScene } from "../drawn-scene.ts";

/** How much a place of a made picture differs from grey in red, green and blue. */
type Paint = (x: number, y: number) => readonly [number, number, number];

/** Grey noise of a few levels, as of a wall, with something painted over it. */
function aPicture(paint: Paint, widthPx = 384, heightPx = 256): Picture {
  const random = randomFrom(3);
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let i = 0; i < widthPx * heightPx; i += 1) {
    const grey = 120 + 12 * (random() + random() - 1);
    const painted = paint(i % widthPx, Math.floor(i / widthPx));
    for (let c = 0; c < 3; c += 1) rgb[i * 3 + c] = Math.round(grey + (painted[c] ?? 0));
  }
  return { widthPx, heightPx, rgb };
}

/** A wave of so many pixels, aslant. */
const wave = (x: number, y: number, lengthPx: number): number =>
  Math.sin((2 * Math.PI * (x * 0.8 + y * 0.6)) / lengthPx);

function figuresOf(paint: Paint): ScreenFigures {
  const figures = screenFiguresOf(aPicture(paint));
  if (figures === null) throw new Error("a picture of 384 by 256 is large enough");
  return figures;
}

const PLAIN = figuresOf(() => [0, 0, 0]);

describe("the patterns of a photo", () => {
  it("of a fine wave all over it stand far above the noise, though its contrast is below that of the noise", () => {
    const { aslantHalf } = figuresOf((x, y) => {
      const level = 3 * wave(x, y, 3.3);
      return [level, level, level];
    });

    expect(aslantHalf).toBeGreaterThan(PLAIN.aslantHalf + 2);
  });

  it("of a fence in one corner are seen there, and not by half of the squares", () => {
    const { aslantHalf, aslantMost } = figuresOf((x, y) => {
      const level = x < 128 && y < 128 ? 9 * wave(x, y, 5) : 0;
      return [level, level, level];
    });

    expect(aslantMost).toBeGreaterThan(PLAIN.aslantMost + 2);
    expect(aslantHalf).toBeLessThan(PLAIN.aslantHalf + 0.5);
  });

  it("in colour alone are seen in colour alone", () => {
    const { aslantHalf, colourAslantHalf } = figuresOf((x, y) => {
      const level = 6 * wave(x, y, 7);
      return [level, (-level * 0.299) / 0.587, 0];
    });

    expect(colourAslantHalf).toBeGreaterThan(PLAIN.colourAslantHalf + 1.5);
    expect(aslantHalf).toBeLessThan(PLAIN.aslantHalf + 0.5);
  });

  it("of a JPEG's blocks count for nothing", () => {
    const { aslantHalf, uprightHalf } = figuresOf((x, y) => {
      const level = x % 8 === 7 || y % 8 === 7 ? 8 : 0;
      return [level, level, level];
    });

    expect(aslantHalf).toBeLessThan(PLAIN.aslantHalf + 1);
    expect(uprightHalf).toBeLessThan(PLAIN.uprightHalf + 2);
  });

  it("cannot be told of a picture that is smaller than one square, and of one colour there are none", () => {
    const flat = screenFiguresOf({ widthPx: 300, heightPx: 300, rgb: new Uint8Array(300 * 300 * 3).fill(90) });

    expect(screenFiguresOf({ widthPx: 127, heightPx: 600, rgb: new Uint8Array(127 * 600 * 3) })).toBeNull();
    expect(Object.values(flat ?? {}).filter((height) => !(height >= 0 && height < 0.01))).toEqual([]);
  });
});

describe("a photo of a screen or a print", () => {
  const scene = drawScene(2).then((jpeg) => sharp(jpeg).resize(384).jpeg({ quality: 90 }).toBuffer());

  it("is marked where the pixels or the dots are wide enough to be seen, the scene itself through the same camera is not", async () => {
    const likely = async (subject: "screen" | "print" | "place") =>
      await likelihoodOfScreen(await photograph(await scene, subject, "near", randomFrom(4)));

    expect(await likelihoodOfScreen(await scene)).toBeLessThan(0.5);
    expect(await likely("place")).toBeLessThan(0.5);
    expect(await likely("screen")).toBeGreaterThan(0.5);
    expect(await likely("print")).toBeGreaterThan(0.5);
  });

  it("is the same for the same chance, and another one for the next", async () => {
    const small = await sharp(await scene)
      .resize(120)
      .jpeg()
      .toBuffer();
    const made = async (seed: number) => Buffer.from(await photograph(small, "print", "near", randomFrom(seed)));

    const first = await made(4);
    expect(first.equals(await made(4))).toBe(true);
    expect(first.equals(await made(5))).toBe(false);
  });
});

describe("what is no ordinary photo", () => {
  const flat = async (widthPx: number, heightPx: number) =>
    await sharp({ create: { width: widthPx, height: heightPx, channels: 3, background: "#777" } })
      .jpeg()
      .toBuffer();

  it("gets no answer where it is too small, and a low one where it is flat, however large", async () => {
    expect(await likelihoodOfScreen(await flat(1, 1))).toBeNull();
    expect(await likelihoodOfScreen(await flat(2000, 4))).toBeNull();
    expect(await likelihoodOfScreen(await flat(4000, 3000))).toBeLessThan(0.1);
  });

  it("is refused where it is no picture", async () => {
    await expect(likelihoodOfScreen(Buffer.from("no photo"))).rejects.toMatchObject({ code: "photo-unreadable" });
  });
});
