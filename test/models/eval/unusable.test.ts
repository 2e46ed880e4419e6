import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { makePoor, POOR_KINDS, POOR_STRENGTHS } from "../../../models/eval/poor.ts";
import { makeUnusable, UNUSABLE_KINDS, type UnusableKind } from "../../../models/eval/unusable.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";

const photo = await drawSite({ seed: 3, state: "scattered", widthPx: 192, heightPx: 144 });

/** Mean, spread and fine detail of brightness, 0 to 255. */
async function look(jpeg: Uint8Array): Promise<{ mean: number; spread: number; detail: number }> {
  const grey = sharp(jpeg).greyscale();
  const { channels } = await sharp(await grey.toBuffer()).stats();
  const edges = { width: 3, height: 3, kernel: [0, -1, 0, -1, 4, -1, 0, -1, 0] };
  const detail = await sharp(await grey.convolve(edges).png().toBuffer()).stats();
  return { mean: channels[0]?.mean ?? 0, spread: channels[0]?.stdev ?? 0, detail: detail.channels[0]?.mean ?? 0 };
}

const spoilt = async (kind: UnusableKind) => await look(await makeUnusable(photo, kind, 1));

describe("a spoilt photo", () => {
  it("is the same for the same seed and another one for the next", async () => {
    for (const kind of UNUSABLE_KINDS) {
      const first = await makeUnusable(photo, kind, 1);

      expect(Buffer.compare(first, await makeUnusable(photo, kind, 1)), kind).toBe(0);
      expect(Buffer.compare(first, await makeUnusable(photo, kind, 2)), kind).not.toBe(0);
    }
  });

  it("has lost what its kind takes away", async () => {
    const good = await look(photo);

    expect((await spoilt("dark")).mean).toBeLessThan(15);
    expect((await spoilt("overexposed")).mean).toBeGreaterThan(230);
    expect((await spoilt("covered")).spread).toBeLessThan(good.spread / 2);
    for (const kind of ["motion", "defocus", "dirt"] as const) {
      expect((await spoilt(kind)).detail, kind).toBeLessThan(good.detail / 3);
    }
  });

  it("keeps the size of the photo, unless its size is what is wrong", async () => {
    const sizeOf = async (kind: UnusableKind) => (await sharp(await makeUnusable(photo, kind, 1)).metadata()).width;

    expect(await sizeOf("motion")).toBe(192);
    expect(await sizeOf("too-small")).toBeLessThanOrEqual(72);
  });
});

describe("a photo that weather or light made poor", () => {
  const poorest = async (kind: (typeof POOR_KINDS)[number]) => await look(await makePoor(photo, kind, "much", 1));

  it("is the same for the same seed, and the more of it the less there is to see", async () => {
    const spreads = [];
    for (const strength of POOR_STRENGTHS) spreads.push((await look(await makePoor(photo, "fog", strength, 1))).spread);

    expect(spreads.toSorted((a, b) => b - a)).toEqual(spreads);
    for (const kind of POOR_KINDS) {
      const first = await makePoor(photo, kind, "some", 1);
      expect(Buffer.compare(first, await makePoor(photo, kind, "some", 1)), kind).toBe(0);
    }
  });

  it("has lost light at dusk and contrast in fog, has become light by snow and pale by rain", async () => {
    const good = await look(photo);

    expect((await poorest("dusk")).mean).toBeLessThan(good.mean / 5);
    expect((await poorest("fog")).spread).toBeLessThan(good.spread / 2);
    expect((await poorest("snow")).mean).toBeGreaterThan(good.mean + 30);
    expect((await poorest("light-rain")).spread).toBeLessThan(good.spread);
  });
});
