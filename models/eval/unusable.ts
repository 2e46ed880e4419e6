import { sharp } from "../../edge/camera/thrifty-sharp.ts";
import { between, type Random, randomFrom, whole } from "../random.ts";
import {
  clamp,
  encodeRaw,
  imageOf,
  longSideOf,
  overlay,
  pick,
  type Raw,
  readRaw,
  svgOf,
  toRaw,
} from "./raw-picture.ts";

/** What can be wrong with a photo so that no person could judge the site by it. */
export const UNUSABLE_KINDS = [
  "dark",
  "overexposed",
  "motion",
  "defocus",
  "covered",
  "dirt",
  "rain",
  "too-small",
  "screenshot",
] as const;
export type UnusableKind = (typeof UNUSABLE_KINDS)[number];

/**
 * Spoils a good photo: the same photo, kind and seed give the same bytes.
 *
 * Strengths are random within a range whose weak end is already beyond a person's judgement: the share of these that
 * a device catches says nothing about photos that are merely poor.
 */
export async function makeUnusable(jpeg: Uint8Array, kind: UnusableKind, seed: number): Promise<Uint8Array> {
  const random = randomFrom(seed * 7919 + UNUSABLE_KINDS.indexOf(kind));
  const photo = await readRaw(jpeg);
  const spoilt = await spoil(photo, kind, random);
  return await encodeRaw(spoilt);
}

function spoil(photo: Raw, kind: UnusableKind, random: Random): Raw | Promise<Raw> {
  switch (kind) {
    case "dark":
      return darken(photo, random);
    case "overexposed":
      return overexpose(photo, random);
    case "motion":
      return blur(photo, lineKernel(between(random, 0.12, 0.22) * longSideOf(photo), between(random, 0, Math.PI)));
    case "defocus":
      return defocus(photo, between(random, 0.045, 0.07) * longSideOf(photo));
    case "covered":
      return overlay(photo, coverOf(photo, random));
    case "dirt":
      return overlay(photo, dirtOf(photo, random));
    case "rain":
      return rainOn(photo, random);
    case "too-small":
      return resized(photo, whole(random, 24, 72));
    case "screenshot":
      return screenshotOf(photo, random);
    default:
      return kind satisfies never;
  }
}

/** No lamp, no flash: a fiftieth of the light, and the sensor's noise over it. */
function darken(photo: Raw, random: Random): Raw {
  const gain = between(random, 0.005, 0.04);
  const noise = between(random, 0.5, 5);
  return { ...photo, rgb: photo.rgb.map((value) => clamp(value * gain + noise * (random() + random()))) };
}

/** Far too much light: all but the deepest shadows are white. */
function overexpose(photo: Raw, random: Random): Raw {
  const gain = between(random, 5, 9);
  const lift = between(random, 110, 170);
  return { ...photo, rgb: photo.rgb.map((value) => clamp(value * gain + lift)) };
}

interface Kernel {
  readonly width: number;
  readonly height: number;
  readonly kernel: number[];
}

/** Movement while the shutter was open. */
function lineKernel(lengthPx: number, angle: number): Kernel {
  const radius = Math.ceil(lengthPx / 2);
  const side = 2 * radius + 1;
  const kernel = new Array<number>(side * side).fill(0);
  for (let step = -lengthPx / 2; step <= lengthPx / 2; step += 0.5) {
    const x = Math.round(radius + step * Math.cos(angle));
    const y = Math.round(radius + step * Math.sin(angle));
    kernel[y * side + x] = 1;
  }
  return { width: side, height: side, kernel };
}

/** A point becomes a disc. */
function discKernel(radiusPx: number): Kernel {
  const radius = Math.ceil(radiusPx);
  const side = 2 * radius + 1;
  const kernel = Array.from({ length: side * side }, (_, i) => {
    const isInside = Math.hypot((i % side) - radius, Math.floor(i / side) - radius) <= radiusPx;
    return isInside ? 1 : 0;
  });
  return { width: side, height: side, kernel };
}

const blur = (photo: Raw, kernel: Kernel): Promise<Raw> => toRaw(imageOf(photo).convolve(kernel));

// A disc this wide leaves nothing finer than a few pixels, so it is spread at a third of the size, nine by nine times as fast.
const SHRINK = 3;

/** A lens out of focus. */
async function defocus(photo: Raw, radiusPx: number): Promise<Raw> {
  const { width, height } = photo;
  const small = await resized(photo, Math.ceil(longSideOf(photo) / SHRINK));
  const spread = await blur(small, discKernel(radiusPx / SHRINK));
  return await toRaw(imageOf(spread).resize({ width, height, fit: "fill" }));
}

/** A hand, a glove or a cap before the lens: one soft colour, with a corner of light left at most. */
function coverOf(photo: Raw, random: Random): string {
  const colour = pick(random, ["#0b0a0a", "#1c1a19", "#6b3f30", "#8a5a46", "#3a2a22", "#4a4c50", "#c58f78"]);
  const edge = pick(random, ["#000000", "#2a1712", "#151515"]);
  const light = between(random, 0.82, 0.95);
  return svgOf(
    photo,
    `<defs><radialGradient id="cover" cx="${between(random, 0.2, 0.8)}" cy="${between(random, 0.2, 0.8)}" r="1">
      <stop offset="0" stop-color="${colour}"/><stop offset="${light}" stop-color="${edge}"/>
      <stop offset="1" stop-color="${edge}" stop-opacity="0.75"/></radialGradient></defs>
    <rect width="100%" height="100%" fill="url(#cover)"/>`,
  );
}

/** Mud and salt on the lens: far out of focus, so soft, and over nearly all of the picture. */
function dirtOf(photo: Raw, random: Random): string {
  const { width, height } = photo;
  const blots = Array.from({ length: whole(random, 26, 40) }, () => {
    const colour = pick(random, ["#4a4036", "#5c5145", "#6e6658", "#38322c", "#857c6d"]);
    return `<ellipse cx="${between(random, 0, width)}" cy="${between(random, 0, height)}" rx="${between(random, 0.1, 0.22) * width}" ry="${between(random, 0.1, 0.22) * height}" fill="${colour}" opacity="${between(random, 0.8, 0.97)}"/>`;
  });
  return svgOf(
    photo,
    `<defs><filter id="soft" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="${0.03 * width}"/></filter></defs>
    <rect width="100%" height="100%" fill="#5c5145" opacity="0.55"/><g filter="url(#soft)">${blots.join("")}</g>`,
  );
}

/** Water running over the lens: the scene is smeared, and drops shine before it. */
async function rainOn(photo: Raw, random: Random): Promise<Raw> {
  const { width, height } = photo;
  const smeared = await defocus(photo, between(random, 0.035, 0.055) * longSideOf(photo));
  const drops = Array.from({ length: whole(random, 40, 90) }, () => {
    const x = between(random, 0, width);
    const y = between(random, 0, height);
    const size = between(random, 0.012, 0.05) * width;
    const tail = `<path d="M${x} ${y} v${-between(random, 1, 6) * size}" stroke="#dfe6ea" stroke-width="${size * 0.7}" stroke-linecap="round" opacity="0.25"/>`;
    return `${tail}<ellipse cx="${x}" cy="${y}" rx="${size}" ry="${size * between(random, 1, 1.5)}" fill="url(#drop)" opacity="${between(random, 0.4, 0.75)}"/>`;
  });
  const svg = svgOf(
    photo,
    `<defs><radialGradient id="drop" cx="0.4" cy="0.7"><stop offset="0" stop-color="#f2f5f6"/><stop offset="0.7" stop-color="#aab3b8"/>
      <stop offset="1" stop-color="#4a5257"/></radialGradient><filter id="soft"><feGaussianBlur stdDeviation="${0.004 * width}"/></filter></defs>
    <rect width="100%" height="100%" fill="#c3cacd" opacity="0.25"/><g filter="url(#soft)">${drops.join("")}</g>`,
  );
  return await overlay(smeared, svg);
}

/** A thumbnail: a person sees a stamp, not a site. */
async function resized(photo: Raw, longSidePx: number): Promise<Raw> {
  return await toRaw(imageOf(photo).resize({ width: longSidePx, height: longSidePx, fit: "inside" }));
}

/** A phone's screen with a chat or a form on it; the photo is a small part of it at most. */
async function screenshotOf(photo: Raw, random: Random): Promise<Raw> {
  const size = { width: 360, height: 720 };
  const isDark = random() < 0.3;
  const [page, card, ink] = isDark ? ["#121417", "#23272c", "#c9ced4"] : ["#f2f3f5", "#ffffff", "#33373c"];
  const accent = pick(random, ["#2481cc", "#25d366", "#e53935", "#5b5fc7"]);
  let y = 84;
  const cards: string[] = [];
  while (y < size.height - 70) {
    const lines = whole(random, 1, 4);
    const x = random() < 0.5 ? 12 : 84;
    const height = 18 + lines * 17;
    const words = Array.from({ length: lines }, (_, line) => textLine(random, x + 12, y + 22 + line * 17, ink));
    cards.push(`<rect x="${x}" y="${y}" width="264" height="${height}" rx="9" fill="${card}"/>${words.join("")}`);
    y += height + whole(random, 10, 30);
  }
  const screen = svgOf(
    size,
    `<rect width="100%" height="100%" fill="${page}"/>${cards.join("")}
    <rect width="100%" height="66" fill="${accent}"/><rect x="16" y="36" width="130" height="13" rx="3" fill="#fff"/>
    <rect x="14" y="9" width="34" height="10" fill="#fff" opacity="0.9"/><rect x="316" y="9" width="30" height="10" fill="#fff" opacity="0.9"/>
    <rect y="${size.height - 50}" width="100%" height="50" fill="${card}"/>`,
  );
  const width = whole(random, 90, 170);
  const thumbnail = await imageOf(photo).resize({ width, height: width, fit: "cover" }).png().toBuffer();
  const place = { left: whole(random, 16, 180), top: whole(random, 90, 460) };
  const layers = random() < 0.6 ? [{ input: thumbnail, ...place }] : [];
  return await toRaw(sharp(Buffer.from(screen)).composite(layers).removeAlpha());
}

function textLine(random: Random, x: number, y: number, ink: string): string {
  const words = Array.from({ length: whole(random, 2, 5) }, () => whole(random, 14, 52));
  let at = x;
  return words
    .map((width) => {
      const word = `<rect x="${at}" y="${y - 8}" width="${width}" height="8" fill="${ink}"/>`;
      at += width + 7;
      return word;
    })
    .join("");
}
