import { between, type Random, randomFrom, whole } from "../random.ts";
import { clamp, encodeRaw, overlay, type Raw, readRaw, svgOf } from "./raw-picture.ts";

/** Weather and light that make a photo poor, while a person still sees whether the site is in order: no reason to refuse it. */
export const POOR_KINDS = ["fog", "snow", "dusk", "light-rain"] as const;
export type PoorKind = (typeof POOR_KINDS)[number];

/** How much of it: the strongest is what a person can just judge. */
export const POOR_STRENGTHS = ["little", "some", "much"] as const;
export type PoorStrength = (typeof POOR_STRENGTHS)[number];

/** Makes a good photo poor: the same photo, kind, strength and seed give the same bytes. */
export async function makePoor(
  jpeg: Uint8Array,
  kind: PoorKind,
  strength: PoorStrength,
  seed: number,
): Promise<Uint8Array> {
  const step = POOR_STRENGTHS.indexOf(strength);
  const random = randomFrom(seed * 6101 + POOR_KINDS.indexOf(kind) * 3 + step);
  return await encodeRaw(await worsen(await readRaw(jpeg), kind, step, random));
}

const LEVELS = {
  /** Share of the fog's own light over what is far away; half as much before what is near. */
  fog: [0.6, 0.8, 0.92],
  /** Falling flakes, and how white the ground is. */
  flakes: [120, 350, 800],
  lying: [0.3, 0.55, 0.75],
  /** Share of the day's light. */
  dusk: [0.3, 0.16, 0.09],
  lightRain: [150, 400, 900],
} as const;

function worsen(photo: Raw, kind: PoorKind, step: number, random: Random): Raw | Promise<Raw> {
  const level = (of: readonly number[]): number => of[step] ?? 0;
  switch (kind) {
    case "fog":
      return veil(photo, level(LEVELS.fog));
    case "snow":
      return snowOn(veil(whiten(photo, level(LEVELS.lying)), 0.15 + 0.2 * step), level(LEVELS.flakes), random);
    case "dusk":
      return dim(photo, level(LEVELS.dusk), random);
    case "light-rain":
      return drizzleOn(veil(photo, 0.1 + 0.15 * step), level(LEVELS.lightRain), random);
    default:
      return kind satisfies never;
  }
}

const AIR = [205, 208, 212] as const;

/** Air between the camera and the scene: more of it before what is high in the picture, which is further away. */
function veil(photo: Raw, most: number): Raw {
  const { width, height, rgb } = photo;
  const shareAt = (row: number) => most * (1 - 0.5 * (row / height));
  const rowOf = (i: number) => Math.floor(i / (3 * width));
  return { ...photo, rgb: rgb.map((value, i) => clamp(value + ((AIR[i % 3] ?? 0) - value) * shareAt(rowOf(i)))) };
}

/** Snow that lies: what is low in the picture, and there what is light, turns white. */
function whiten(photo: Raw, most: number): Raw {
  const { width, height, rgb } = photo;
  const SNOW = 235;
  const isLow = (row: number) => Math.min(1, Math.max(0, (2.5 * row) / height - 0.75));
  const values = new Uint8Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    const grey = ((rgb[i] ?? 0) + (rgb[i + 1] ?? 0) + (rgb[i + 2] ?? 0)) / 3;
    const share = most * isLow(Math.floor(i / (3 * width))) * Math.min(1, grey / 90);
    for (let c = 0; c < 3; c += 1) values[i + c] = clamp((rgb[i + c] ?? 0) * (1 - share) + SNOW * share);
  }
  return { ...photo, rgb: values };
}

/** Flakes, near ones large and soft, as a shutter of a hundredth of a second leaves them. */
async function snowOn(photo: Raw, count: number, random: Random): Promise<Raw> {
  const { width, height } = photo;
  const flakes = Array.from({ length: count }, () => {
    const size = width * (random() < 0.12 ? between(random, 0.008, 0.018) : between(random, 0.0015, 0.005));
    return `<ellipse cx="${between(random, 0, width)}" cy="${between(random, 0, height)}" rx="${size}" ry="${size * between(random, 1, 1.8)}" fill="#fbfcfd" opacity="${between(random, 0.5, 0.95)}"/>`;
  });
  const soft = `<defs><filter id="soft"><feGaussianBlur stdDeviation="${0.0015 * width}"/></filter></defs>`;
  return await overlay(photo, svgOf(photo, `${soft}<g filter="url(#soft)">${flakes.join("")}</g>`));
}

/** After sunset: little light, bluish, and the sensor's noise. */
function dim(photo: Raw, share: number, random: Random): Raw {
  const tint = [0.92, 0.97, 1.1];
  const noise = between(random, 2, 6);
  return {
    ...photo,
    rgb: photo.rgb.map((value, i) => clamp(value * share * (tint[i % 3] ?? 1) + noise * (random() + random() - 1))),
  };
}

/** Streaks of falling drops, and a few drops on the glass. */
async function drizzleOn(photo: Raw, count: number, random: Random): Promise<Raw> {
  const { width, height } = photo;
  const lean = between(random, -0.25, 0.25);
  const streaks = Array.from({ length: count }, () => {
    const [x, y] = [between(random, 0, width), between(random, 0, height)];
    const length = between(random, 0.015, 0.05) * height;
    return `<path d="M${x} ${y} l${lean * length} ${length}" stroke="#e4e8ea" stroke-width="${between(random, 0.4, 1)}" opacity="${between(random, 0.2, 0.5)}"/>`;
  });
  const drops = Array.from({ length: whole(random, 3, 8) }, () => {
    const size = between(random, 0.01, 0.03) * width;
    return `<ellipse cx="${between(random, 0, width)}" cy="${between(random, 0, height)}" rx="${size}" ry="${size * 1.2}" fill="#c9d0d3" opacity="0.45"/>`;
  });
  const soft = `<defs><filter id="soft"><feGaussianBlur stdDeviation="${0.006 * width}"/></filter></defs>`;
  const inside = `${soft}<g fill="none">${streaks.join("")}</g><g filter="url(#soft)">${drops.join("")}</g>`;
  return await overlay(photo, svgOf(photo, inside));
}
