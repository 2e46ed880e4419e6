import type { ColourPicture } from "../pairs/warp.ts";
import type { Scene } from "./made-camera.ts";

/** How a flat thing lies before the camera. */
export interface Pose {
  /** Turned in its plane, in radians. */
  readonly roll: number;
  /** Foreshortening over the width and over the height of the photo. */
  readonly slantX: number;
  readonly slantY: number;
  /** Pixels of the picture shown along one pixel of the photo, in the photo's middle. */
  readonly zoom: number;
}

/** Light that does not come from the picture: a veil over all of it, a lamp's reflection, and light that falls off to one side. */
export interface Glare {
  readonly veil: number;
  readonly spot: { readonly x: number; readonly y: number; readonly radius: number; readonly light: number };
  /** How much less light there is at the far side, 0 to 1, and how far across and down that side lies (a direction of length 1). */
  readonly fall: number;
  readonly across: number;
  readonly down: number;
}

/** A display: how many of the shown picture's pixels lie along one of its own, how its colours lie, the black between them. */
export interface Display {
  readonly kind: "stripes" | "dots";
  readonly pixel: number;
  readonly gap: number;
}

/** A print: how many of the shown picture's pixels lie from dot to dot, and the paper's white. */
export interface Print {
  readonly ruling: number;
  readonly paper: number;
}

const GAMMA = 2.2;
const LIGHT_OF = Float32Array.from({ length: 256 }, (_, level) => (level / 255) ** GAMMA);

/** Some values for each pixel of the shown picture. */
interface Sheet {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: number;
  readonly values: Float32Array;
}

const lightOf = ({ widthPx, heightPx, rgb }: ColourPicture): Sheet => ({
  widthPx,
  heightPx,
  channels: 3,
  values: Float32Array.from(rgb, (level) => LIGHT_OF[level] ?? 0),
});

/** Where a photo's pixel looks in the shown picture, in its pixels. */
type Look = (x: number, y: number, place: Float64Array) => void;

function lookOf(picture: ColourPicture, { widthPx, heightPx }: Size, pose: Pose): Look {
  const [cos, sin] = [Math.cos(pose.roll) * pose.zoom, Math.sin(pose.roll) * pose.zoom];
  return (x, y, place) => {
    const dx = x - widthPx / 2;
    const dy = y - heightPx / 2;
    const depth = 1 + (pose.slantX * dx) / widthPx + (pose.slantY * dy) / heightPx;
    place[0] = picture.widthPx / 2 + (cos * dx - sin * dy) / depth;
    place[1] = picture.heightPx / 2 + (sin * dx + cos * dy) / depth;
  };
}

/** Reads a sheet between its pixels; its edge goes on beyond it. */
function read({ widthPx, heightPx, channels, values }: Sheet, x: number, y: number, out: Float64Array): void {
  const left = Math.min(Math.max(Math.floor(x - 0.5), 0), widthPx - 2);
  const top = Math.min(Math.max(Math.floor(y - 0.5), 0), heightPx - 2);
  const fx = Math.min(1, Math.max(0, x - 0.5 - left));
  const fy = Math.min(1, Math.max(0, y - 0.5 - top));
  const at = (top * widthPx + left) * channels;
  const below = at + widthPx * channels;
  for (let c = 0; c < channels; c += 1) {
    const upper = (values[at + c] ?? 0) * (1 - fx) + (values[at + channels + c] ?? 0) * fx;
    const lower = (values[below + c] ?? 0) * (1 - fx) + (values[below + channels + c] ?? 0) * fx;
    out[c] = upper * (1 - fy) + lower * fy;
  }
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The place itself, taken through the same camera: what a picture shows, without a screen or paper. */
export function honestScene(picture: ColourPicture, size: Size, pose: Pose): Scene {
  const look = lookOf(picture, size, pose);
  const sheet = lightOf(picture);
  const place = new Float64Array(2);
  return (x, y, light) => {
    look(x, y, place);
    read(sheet, place[0] ?? 0, place[1] ?? 0, light);
  };
}

/**
 * A display: stripes of red, green and blue side by side (most monitors and older phones), or dots, green in each pixel and red or
 * blue in every other (most phones with OLED), with black between them.
 */
export function displayScene(picture: ColourPicture, size: Size, pose: Pose, display: Display, glare: Glare): Scene {
  const look = lookOf(picture, size, pose);
  const sheet = lightOf(picture);
  const place = new Float64Array(2);
  const { pixel, gap, kind } = display;
  const lit = kind === "stripes" ? stripeOf : dotOf;
  return (x, y, light) => {
    look(x, y, place);
    const column = (place[0] ?? 0) / pixel;
    const row = (place[1] ?? 0) / pixel;
    const i = Math.floor(column);
    const j = Math.floor(row);
    read(sheet, (i + 0.5) * pixel, (j + 0.5) * pixel, light);
    const isEven = ((i + j) & 1) === 0;
    for (let c = 0; c < 3; c += 1) light[c] = (light[c] ?? 0) * lit(c, column - i, row - j, gap, isEven);
    addGlare(glare, x / size.widthPx, y / size.heightPx, light);
  };
}

/** How bright a place within a display's pixel shines in a colour, where the pixel as a whole shines with 1. */
type Lit = (colour: number, x: number, y: number, gap: number, isEven: boolean) => number;

const stripeOf: Lit = (colour, x, y, gap) => {
  const within = x * 3 - colour;
  const isLit = within > gap && within < 1 - gap && y > gap && y < 1 - gap;
  return isLit ? 3 / (1 - 2 * gap) ** 2 : 0;
};

const dotOf: Lit = (colour, x, y, gap, isEven) => {
  if (colour !== 1 && isEven !== (colour === 0)) return 0;
  const centre = colour === 1 ? 0.28 : 0.72;
  const radius = colour === 1 ? 0.26 - gap / 4 : 0.34 - gap / 3;
  const isLit = (x - centre) ** 2 + (y - 0.5) ** 2 < radius ** 2;
  return isLit ? (colour === 1 ? 1 : 2) / (Math.PI * radius ** 2) : 0;
};

/** Screens of cyan, magenta, yellow and black, each turned by its own angle, as in offset and laser printing. */
const ANGLES = [15, 75, 0, 45].map((degrees) => (degrees * Math.PI) / 180);
const COSINES = Float64Array.from(ANGLES, (angle) => Math.cos(angle) * 2 * Math.PI);
const SINES = Float64Array.from(ANGLES, (angle) => Math.sin(angle) * 2 * Math.PI);
/** How much of red, green and blue goes through cyan, magenta, yellow and black ink. */
const THROUGH = Float64Array.from([0.1, 0.6, 0.8, 0.8, 0.1, 0.45, 0.95, 0.85, 0.12, 0.05, 0.05, 0.05]);

/** Paper with dots of ink, under uneven light. */
export function printScene(picture: ColourPicture, size: Size, pose: Pose, print: Print, glare: Glare): Scene {
  const look = lookOf(picture, size, pose);
  const sheet = inksOf(picture);
  const place = new Float64Array(2);
  const inks = new Float64Array(4);
  return (x, y, light) => {
    look(x, y, place);
    const px = place[0] ?? 0;
    const py = place[1] ?? 0;
    read(sheet, px, py, inks);
    light.fill(print.paper);
    for (let n = 0; n < 4; n += 1) {
      const cos = COSINES[n] ?? 0;
      const sin = SINES[n] ?? 0;
      // Where two waves together lie below what is to be covered, there is a dot.
      const height =
        0.5 + (Math.cos((cos * px - sin * py) / print.ruling) + Math.cos((sin * px + cos * py) / print.ruling)) / 4;
      if (height < 1 - (inks[n] ?? 0)) continue;
      for (let c = 0; c < 3; c += 1) light[c] = (light[c] ?? 0) * (THROUGH[n * 3 + c] ?? 1);
    }
    addGlare(glare, x / size.widthPx, y / size.heightPx, light);
  };
}

/** How much of the paper each ink is to cover; black takes most of the part that all three share. */
function inksOf({ widthPx, heightPx, rgb }: ColourPicture): Sheet {
  const values = new Float32Array(widthPx * heightPx * 4);
  // Dots spread in the paper: to look half as light, less than half of it is covered.
  const missing = Float32Array.from({ length: 256 }, (_, level) => 1 - (level / 255) ** (GAMMA / 1.4));
  for (let i = 0; i < widthPx * heightPx; i += 1) {
    const inks = [0, 1, 2].map((c) => missing[rgb[i * 3 + c] ?? 0] ?? 0);
    const black = 0.8 * Math.min(...inks);
    for (let c = 0; c < 3; c += 1) values[i * 4 + c] = ((inks[c] ?? 0) - black) / (1 - black);
    values[i * 4 + 3] = black;
  }
  return { widthPx, heightPx, channels: 4, values };
}

function addGlare({ veil, spot, fall, across, down }: Glare, x: number, y: number, light: Float64Array): void {
  const away = (x - spot.x) ** 2 + (y - spot.y) ** 2;
  const lamp = spot.light === 0 ? 0 : spot.light * Math.exp(-away / (2 * spot.radius ** 2));
  const shade = 1 - fall * (0.5 + (x - 0.5) * across + (y - 0.5) * down);
  for (let c = 0; c < 3; c += 1) light[c] = Math.max(0, (light[c] ?? 0) * shade) + veil + lamp;
}
