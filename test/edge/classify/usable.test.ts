import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { decodePicture, letterboxByArea } from "../../../edge/classify/preprocess.ts";
import { isSoft, lookAt, troubleOf } from "../../../edge/classify/usable.ts";
import { drawWarmUpPhoto } from "../../../edge/classify/warm-up.ts";
import { withGrain } from "../../../models/eval/camera-grain.ts";
import { makePoor, POOR_KINDS } from "../../../models/eval/poor.ts";
import { makeUnusable, type UnusableKind } from "../../../models/eval/unusable.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";

let photo: Uint8Array;

beforeAll(async () => {
  photo = await drawSite({ seed: 3, state: "scattered", widthPx: 320, heightPx: 240 });
});

async function seen(jpeg: Uint8Array) {
  const picture = await decodePicture(jpeg, 256);
  return lookAt(picture, letterboxByArea(picture, 256, 256, 127));
}

const reasonFor = async (jpeg: Uint8Array) => troubleOf(await seen(jpeg));

describe("what cannot be judged", () => {
  it.each([
    ["dark", "dark"],
    ["overexposed", "overexposed"],
    ["defocus", "blurred"],
    ["covered", "covered"],
    ["too-small", "too-small"],
    ["screenshot", "screenshot"],
  ] as const)("a photo spoilt as %s is refused as %s", async (kind: UnusableKind, reason) => {
    expect(await reasonFor(await makeUnusable(photo, kind, 5))).toBe(reason);
  });

  it("a photo that is merely poor is let through: the evening, a little blur, hard compression", async () => {
    const evening = await sharp(photo).linear(0.25, 4).jpeg().toBuffer();
    const soft = await sharp(photo).blur(1.2).jpeg().toBuffer();
    const hard = await sharp(photo).jpeg({ quality: 25 }).toBuffer();

    for (const poor of [photo, evening, soft, hard]) expect(await reasonFor(poor)).toBeNull();
  });

  it("the grain of a sensor hides neither a lens out of focus nor a dirty one", { timeout: 60_000 }, async () => {
    const GRAIN = 8;
    const blurred = await withGrain(await makeUnusable(photo, "defocus", 5), GRAIN, 7);
    const dirty = await withGrain(await makeUnusable(photo, "dirt", 5), GRAIN, 7);
    const good = await withGrain(photo, GRAIN, 7);

    expect(await reasonFor(blurred)).toBe("blurred");
    expect([isSoft(await seen(dirty)), isSoft(await seen(good))]).toEqual([true, false]);
  });

  it("what fog, falling snow, light rain and the end of dusk leave is let through", async () => {
    for (const kind of POOR_KINDS) {
      const strength = kind === "dusk" ? "some" : "much";
      expect(await reasonFor(await makePoor(photo, kind, strength, 5)), kind).toBeNull();
    }
  });

  it("the picture that a device warms up with goes on to the network", async () => {
    expect(await reasonFor(await drawWarmUpPhoto())).toBeNull();
  });

  it("a picture of one pixel is too small, and of one colour covered: nothing is divided by nothing", async () => {
    const one = await sharp({ create: { width: 1, height: 1, channels: 3, background: "#777" } })
      .jpeg()
      .toBuffer();
    const wall = await sharp({ create: { width: 320, height: 240, channels: 3, background: "#777" } })
      .jpeg()
      .toBuffer();

    expect(await reasonFor(one)).toBe("too-small");
    expect(await reasonFor(wall)).toBe("covered");
  });
});
