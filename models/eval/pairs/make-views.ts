import { between } from "../../random.ts";
import { type ColourPicture, encodeColour, type Homography, warp } from "./warp.ts";

/** How far a view may stray from its photo, at strength 1; strengths go from a half to two. */
export const VIEW = {
  /** Shift of the middle, of width and height. */
  shift: 0.12,
  /** Nearer or further away. */
  zoom: 1.3,
  /** Roll of the camera, in radians (6°). */
  roll: 0.1,
  /** Foreshortening from one side to the other: a few metres beside. */
  slant: 0.22,
} as const;

/**
 * A photo as it would look from a few metres beside, in other light and weather, saved as JPEG: perspective, brightness, contrast,
 * colour of light, a shadow, haze, noise.
 */
export async function makeView(picture: ColourPicture, random: () => number): Promise<Uint8Array> {
  const strength = between(random, 0.5, 2);
  const camera = cameraOf(random, strength);
  const background = warp(picture, camera, picture.widthPx, picture.heightPx);
  // What stands in front moves against what is behind it: an oval in the middle is taken from a little beside.
  const near = shifted(camera, between(random, -0.06, 0.06) * strength, between(random, -0.02, 0.02) * strength);
  const view = inFront(background, warp(picture, near, picture.widthPx, picture.heightPx), random);
  relight(view, random);
  return await encodeColour(view, Math.round(between(random, 55, 90)));
}

/** Heaps pieces of another photo onto the lower middle of a picture, as waste on and beside a container. */
export function heapWaste(picture: ColourPicture, waste: ColourPicture, random: () => number): ColourPicture {
  const rgb = Uint8Array.from(picture.rgb);
  const { widthPx, heightPx } = picture;
  const pieces = 1 + Math.floor(random() * 4);
  for (let n = 0; n < pieces; n += 1) {
    const [cx, cy] = [between(random, 0.2, 0.8), between(random, 0.4, 0.9)];
    const [rx, ry] = [between(random, 0.06, 0.2), between(random, 0.05, 0.16)];
    const [fromX, fromY] = [between(random, 0.3, 0.7), between(random, 0.4, 0.8)];
    for (let y = 0; y < heightPx; y += 1) {
      for (let x = 0; x < widthPx; x += 1) {
        const [dx, dy] = [x / widthPx - cx, y / heightPx - cy];
        if ((dx / rx) ** 2 + (dy / ry) ** 2 > 1) continue;
        const sx = Math.min(Math.max(Math.floor((fromX + dx) * waste.widthPx), 0), waste.widthPx - 1);
        const sy = Math.min(Math.max(Math.floor((fromY + dy) * waste.heightPx), 0), waste.heightPx - 1);
        const [to, from] = [(y * widthPx + x) * 3, (sy * waste.widthPx + sx) * 3];
        for (let c = 0; c < 3; c += 1) rgb[to + c] = waste.rgb[from + c] ?? 0;
      }
    }
  }
  return { widthPx, heightPx, rgb };
}

/** The camera of `camera` moved aside, of the picture's width and height. */
function shifted(camera: Homography, dx: number, dy: number): Homography {
  const [a, b, c, d, e, f, g, h] = camera;
  return [a + dx * g, b + dx * h, c + dx, d + dy * g, e + dy * h, f + dy, g, h];
}

/** One picture with an oval of another in the middle. */
function inFront(picture: ColourPicture, near: ColourPicture, random: () => number): ColourPicture {
  const { widthPx, heightPx } = picture;
  const rgb = Uint8Array.from(picture.rgb);
  const [cx, cy] = [between(random, 0.35, 0.65), between(random, 0.45, 0.65)];
  const [rx, ry] = [between(random, 0.2, 0.35), between(random, 0.2, 0.35)];
  for (let i = 0; i < widthPx * heightPx; i += 1) {
    const [dx, dy] = [(i % widthPx) / widthPx - cx, Math.floor(i / widthPx) / heightPx - cy];
    if ((dx / rx) ** 2 + (dy / ry) ** 2 <= 1) rgb.set(near.rgb.subarray(i * 3, i * 3 + 3), i * 3);
  }
  return { widthPx, heightPx, rgb };
}

function cameraOf(random: () => number, strength: number): Homography {
  const within = (most: number) => between(random, -most, most) * strength;
  const zoom = VIEW.zoom ** (between(random, -1, 1) * strength);
  const roll = within(VIEW.roll);
  const [slantX, slantY] = [within(VIEW.slant), within(VIEW.slant / 2)];
  const [moveX, moveY] = [within(VIEW.shift), within(VIEW.shift)];
  const [cos, sin] = [Math.cos(roll) * zoom, Math.sin(roll) * zoom];
  // Around the middle: u' = R (u - 1/2) + 1/2 + move, seen in perspective, and scaled so that the last number is 1.
  const last = 1 - slantX / 2 - slantY / 2;
  const midX = 0.5 + moveX;
  const midY = 0.5 + moveY;
  return [
    (cos + midX * slantX) / last,
    (-sin + midX * slantY) / last,
    (midX * last - (cos - sin) / 2) / last,
    (sin + midY * slantX) / last,
    (cos + midY * slantY) / last,
    (midY * last - (sin + cos) / 2) / last,
    slantX / last,
    slantY / last,
  ];
}

function relight({ widthPx, heightPx, rgb }: ColourPicture, random: () => number): void {
  const gain = between(random, 0.6, 1.35);
  const gamma = between(random, 0.75, 1.35);
  const tint = [between(random, 0.88, 1.12), 1, between(random, 0.88, 1.12)];
  const haze = random() < 0.25 ? between(random, 0, 0.35) : 0;
  const noise = random() < 0.5 ? between(random, 0, 12) : 0;
  const [nx, ny, edge] = [between(random, -1, 1), between(random, -1, 1), between(random, -0.3, 0.3)];
  const shadow = random() < 0.4 ? between(random, 0.5, 0.9) : 1;
  for (let i = 0; i < widthPx * heightPx; i += 1) {
    const [x, y] = [(i % widthPx) / widthPx - 0.5, Math.floor(i / widthPx) / heightPx - 0.5];
    const shade = gain * (nx * x + ny * y > edge ? shadow : 1);
    const grain = noise * (random() + random() - 1);
    for (let c = 0; c < 3; c += 1) {
      const value = 255 * ((rgb[i * 3 + c] ?? 0) / 255) ** gamma * shade * (tint[c] ?? 1);
      rgb[i * 3 + c] = Math.min(255, Math.max(0, value * (1 - haze) + 190 * haze + grain));
    }
  }
}
