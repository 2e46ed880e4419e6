import { encodePhoto } from "../../../edge/camera/encode-photo.ts";
import { stretchByArea } from "../../../edge/classify/preprocess.ts";
import type { Random } from "../../random.ts";
import { encodeColour } from "../pairs/warp.ts";

/** What stands before a camera: writes the light (0 to 1, linear) of red, green and blue at a place, in pixels of the photo. */
export type Scene = (x: number, y: number, light: Float64Array) => void;

/** A camera that takes a photo of a scene. */
export interface MadeCamera {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Sensor pixels along one pixel of the photo: the camera makes its picture smaller by so much. */
  readonly sensorScale: number;
  /** Standard deviation of the lens' blur, in sensor pixels. */
  readonly blurPx: number;
  /** Rays along one sensor pixel: as many as the finest thing before it needs. */
  readonly rays: number;
  /** Electrons of a white sensor pixel: its root is the noise. */
  readonly electrons: number;
  /** How much of the detail is added once more. */
  readonly sharpening: number;
  /** Quality of the camera's own JPEG, before the device encodes it for its budget. */
  readonly quality: number;
}

/**
 * Takes a photo as a camera does: the lens blurs, each sensor pixel gathers the light of its area in one colour (Bayer's mosaic: here
 * patterns finer than the sensor become moiré), noise, colours from neighbours, smaller, tone, sharpening, JPEG, and the device's
 * own encoding.
 */
export async function takePhoto(scene: Scene, camera: MadeCamera, random: Random): Promise<Uint8Array> {
  const { widthPx, heightPx, sensorScale } = camera;
  const [columns, rows] = [Math.round(widthPx * sensorScale), Math.round(heightPx * sensorScale)];
  const mosaic = expose(scene, camera, columns, rows);
  addNoise(mosaic, camera.electrons, random);
  const sensor = { widthPx: columns, heightPx: rows, rgb: fillColours(mosaic, columns, rows) };
  const { rgb } = stretchByArea(sensor, widthPx, heightPx);
  const light = Float32Array.from(rgb);
  const levels = sharpen(develop(light), widthPx, heightPx, camera.sharpening);
  return await encodePhoto(await encodeColour({ widthPx, heightPx, rgb: levels }, camera.quality));
}

/** Red, green, green, blue: which colour a sensor pixel sees. */
const colourAt = (x: number, y: number): number => (y & 1) + (x & 1);

/** What each sensor pixel gathers: the scene through the lens' blur and the pixel's own area, first along rows, then down columns. */
function expose(scene: Scene, camera: MadeCamera, columns: number, rows: number): Float32Array {
  const { sensorScale, rays } = camera;
  const weights = Float64Array.from(kernelOf(camera));
  const reach = (weights.length - rays) / 2;
  const across = columns * rays + 2 * reach;
  const step = 1 / (sensorScale * rays);
  const light = new Float64Array(3);
  const line = new Float64Array(across * 3);
  const narrow = new Float64Array(columns * 2);
  const mosaic = new Float32Array(columns * rows);
  for (let ray = -reach; ray < rows * rays + reach; ray += 1) {
    for (let i = 0; i < across; i += 1) {
      scene((i - reach + 0.5) * step, (ray + 0.5) * step, light);
      line.set(light, i * 3);
    }
    narrowLine(line, weights, rays, narrow);
    const first = Math.max(0, Math.ceil((ray - reach - rays + 1) / rays));
    const last = Math.min(rows - 1, Math.floor((ray + reach) / rays));
    for (let y = first; y <= last; y += 1) {
      const weight = weights[ray + reach - y * rays] ?? 0;
      for (let x = 0; x < columns; x += 1) {
        mosaic[y * columns + x] = (mosaic[y * columns + x] ?? 0) + weight * (narrow[2 * x + (y & 1)] ?? 0);
      }
    }
  }
  return mosaic;
}

/** A line of rays as sensor pixels see it: of each the colour that it has in even rows, and the one in odd rows. */
function narrowLine(line: Float64Array, weights: Float64Array, rays: number, narrow: Float64Array): void {
  for (let x = 0; x < narrow.length / 2; x += 1) {
    let even = 0;
    let odd = 0;
    let from = x * rays * 3 + (x & 1);
    for (let i = 0; i < weights.length; i += 1) {
      const weight = weights[i] ?? 0;
      even += weight * (line[from] ?? 0);
      odd += weight * (line[from + 1] ?? 0);
      from += 3;
    }
    narrow[2 * x] = even;
    narrow[2 * x + 1] = odd;
  }
}

/** A pixel's width blurred by the lens, at the places of the rays; sums to 1. */
function kernelOf({ blurPx, rays }: MadeCamera): readonly number[] {
  const reach = Math.ceil(2.5 * blurPx * rays);
  const spread = 2 * (blurPx * rays) ** 2;
  const raw = Array.from({ length: rays + 2 * reach }, (_, i) => {
    let sum = 0;
    for (let inside = 0; inside < rays; inside += 1) sum += Math.exp(-((i - reach - inside) ** 2) / spread);
    return sum;
  });
  const all = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / all);
}

/** Light comes in portions: noise of the root of their number, and a little of the amplifier. */
function addNoise(mosaic: Float32Array, electrons: number, random: Random): void {
  const READ = 4;
  for (let i = 0; i < mosaic.length; i += 1) {
    const value = mosaic[i] ?? 0;
    const bell = (random() + random() + random() - 1.5) * 2;
    mosaic[i] = value + (bell * Math.sqrt(value * electrons + READ ** 2)) / electrons;
  }
}

/** The colours that a sensor pixel did not see, as weighed means of the neighbours that did. */
function fillColours(mosaic: Float32Array, columns: number, rows: number): Float32Array {
  const rgb = new Float32Array(columns * rows * 3);
  const sums = new Float64Array(3);
  const weights = new Float64Array(3);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      sums.fill(0);
      weights.fill(0);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(rows - 1, y + 1); ny += 1) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(columns - 1, x + 1); nx += 1) {
          const colour = colourAt(nx, ny);
          const weight = (nx === x ? 2 : 1) * (ny === y ? 2 : 1);
          sums[colour] = (sums[colour] ?? 0) + weight * (mosaic[ny * columns + nx] ?? 0);
          weights[colour] = (weights[colour] ?? 0) + weight;
        }
      }
      const own = y * columns + x;
      for (let c = 0; c < 3; c += 1) rgb[own * 3 + c] = (sums[c] ?? 0) / Math.max(1, weights[c] ?? 0);
      rgb[own * 3 + colourAt(x, y)] = mosaic[own] ?? 0;
    }
  }
  return rgb;
}

const GAMMA = 2.2;

/** From light to levels: exposed so that one value in a hundred is nearly white. */
function develop(light: Float32Array): Float32Array {
  const sorted = light.filter((_, i) => i % 31 === 0).sort();
  const bright = Math.max(1e-3, sorted[Math.floor(0.99 * sorted.length)] ?? 1);
  return light.map((value) => 255 * Math.max(0, (0.9 * value) / bright) ** (1 / GAMMA));
}

/** Adds what a pixel differs by from its neighbours' mean once more. */
function sharpen(levels: Float32Array, widthPx: number, heightPx: number, amount: number): Uint8Array {
  const out = new Uint8Array(levels.length);
  for (let y = 0; y < heightPx; y += 1) {
    const [up, down] = [Math.max(0, y - 1), Math.min(heightPx - 1, y + 1)];
    for (let x = 0; x < widthPx; x += 1) {
      const [left, right] = [Math.max(0, x - 1), Math.min(widthPx - 1, x + 1)];
      for (let c = 0; c < 3; c += 1) {
        const at = (px: number, py: number) => levels[(py * widthPx + px) * 3 + c] ?? 0;
        const value = at(x, y);
        const around = (at(left, y) + at(right, y) + at(x, up) + at(x, down)) / 4;
        out[(y * widthPx + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(value + amount * (value - around))));
      }
    }
  }
  return out;
}
