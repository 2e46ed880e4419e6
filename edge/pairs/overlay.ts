import { blurGrey, type GreyPicture } from "./grey-picture.ts";
import { THUMB_PX } from "./photo-marks.ts";

/** How the whole of one photo lies in another: x of the other = `ax` · x + `bx`, both of the width, and so for y. */
export interface Placement {
  readonly ax: number;
  readonly bx: number;
  readonly ay: number;
  readonly by: number;
}

/** How alike two photos are where one is laid over the other; correlations from -1 to 1. */
export interface Overlay {
  readonly placement: Placement;
  /** Of the grey values. */
  readonly whole: number;
  /** Of what is left of them without their blur: edges and spots. */
  readonly fine: number;
  /** Share of the photo that lies in the other. */
  readonly share: number;
}

/** A small picture made ready to be laid over others. */
export interface Sheet {
  readonly soft: Float32Array;
  readonly fine: Float32Array;
}

const ROUNDS = 8;
const UNKNOWNS = 6;

export function sheetOf(thumb: Uint8Array): Sheet {
  const picture: GreyPicture = { widthPx: THUMB_PX, heightPx: THUMB_PX, values: Float32Array.from(thumb) };
  const soft = blurGrey(picture);
  const blurred = blurGrey(blurGrey(soft));
  return { soft: soft.values, fine: soft.values.map((value, i) => value - (blurred.values[i] ?? 0)) };
}

/** The sheet of the mirrored photo. */
export function mirrorThumb(thumb: Uint8Array): Uint8Array {
  return thumb.map((_, i) => thumb[i - (i % THUMB_PX) + THUMB_PX - 1 - (i % THUMB_PX)] ?? 0);
}

/**
 * Lays one photo over another, beginning with a rough placement, and says how alike they are there. The placement, and a
 * change of brightness and contrast with it, is improved by least squares (Lucas and Kanade 1981) as long as that helps.
 */
export function layOver(photo: Sheet, other: Sheet, start: Placement): Overlay {
  let best = compare(photo, other, start);
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = improve(photo.soft, other.soft, best.placement);
    if (next === undefined) break;
    const overlay = compare(photo, other, next);
    if (overlay.whole <= best.whole + 1e-4) return overlay.whole > best.whole ? overlay : best;
    best = overlay;
  }
  return best;
}

const place = (i: number): number => (i + 0.5) / THUMB_PX;

/** Reads a sheet at a place, 0 to 1, or gives NaN outside. */
function read(values: Float32Array, x: number, y: number): number {
  const [px, py] = [x * THUMB_PX - 0.5, y * THUMB_PX - 0.5];
  if (px < -0.5 || py < -0.5 || px > THUMB_PX - 0.5 || py > THUMB_PX - 0.5) return Number.NaN;
  const left = Math.min(Math.max(Math.floor(px), 0), THUMB_PX - 2);
  const top = Math.min(Math.max(Math.floor(py), 0), THUMB_PX - 2);
  const fx = Math.min(Math.max(px - left, 0), 1);
  const fy = Math.min(Math.max(py - top, 0), 1);
  const at = top * THUMB_PX + left;
  const upper = (values[at] ?? 0) * (1 - fx) + (values[at + 1] ?? 0) * fx;
  const lower = (values[at + THUMB_PX] ?? 0) * (1 - fx) + (values[at + THUMB_PX + 1] ?? 0) * fx;
  return upper * (1 - fy) + lower * fy;
}

function compare(photo: Sheet, other: Sheet, placement: Placement): Overlay {
  const { ax, bx, ay, by } = placement;
  const whole = correlation();
  const fine = correlation();
  for (let y = 0; y < THUMB_PX; y += 1) {
    for (let x = 0; x < THUMB_PX; x += 1) {
      const [ox, oy] = [ax * place(x) + bx, ay * place(y) + by];
      const value = read(other.soft, ox, oy);
      if (Number.isNaN(value)) continue;
      const i = y * THUMB_PX + x;
      whole.add(photo.soft[i] ?? 0, value);
      fine.add(photo.fine[i] ?? 0, read(other.fine, ox, oy));
    }
  }
  return { placement, whole: whole.value(), fine: fine.value(), share: whole.count() / THUMB_PX ** 2 };
}

function correlation() {
  let [n, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  return {
    add: (first: number, second: number) => {
      n += 1;
      a += first;
      b += second;
      aa += first * first;
      bb += second * second;
      ab += first * second;
    },
    count: () => n,
    /** 0 where one of them is of one brightness: nothing can be said. */
    value: () => {
      const spread = Math.sqrt((aa - (a * a) / n) * (bb - (b * b) / n));
      return n > 0 && spread > 1e-6 ? (ab - (a * b) / n) / spread : 0;
    },
  };
}

/** One step of Gauss and Newton for the placement and for gain and offset of the brightness. */
function improve(photo: Float32Array, other: Float32Array, { ax, bx, ay, by }: Placement): Placement | undefined {
  const sums = new Float64Array(UNKNOWNS * (UNKNOWNS + 1));
  const row = new Float64Array(UNKNOWNS);
  const step = 1 / THUMB_PX;
  for (let y = 0; y < THUMB_PX; y += 2) {
    for (let x = 0; x < THUMB_PX; x += 2) {
      const [ox, oy] = [ax * place(x) + bx, ay * place(y) + by];
      const value = read(other, ox, oy);
      const gx = (read(other, ox + step, oy) - read(other, ox - step, oy)) / (2 * step);
      const gy = (read(other, ox, oy + step) - read(other, ox, oy - step)) / (2 * step);
      if (Number.isNaN(value + gx + gy)) continue;
      // photo = gain · other(placement) + offset, linear around gain 1 of the part that moves.
      row.set([gx * place(x), gx, gy * place(y), gy, value, 1]);
      accumulate(sums, row, photo[y * THUMB_PX + x] ?? 0);
    }
  }
  const solved = solve(sums);
  const gain = solved?.[4] ?? 0;
  if (solved === undefined || gain < 0.05) return undefined;
  const by1 = (i: number) => (solved[i] ?? 0) / gain;
  return { ax: ax + by1(0), bx: bx + by1(1), ay: ay + by1(2), by: by + by1(3) };
}

function accumulate(sums: Float64Array, row: Float64Array, target: number): void {
  for (let i = 0; i < UNKNOWNS; i += 1) {
    const value = row[i] ?? 0;
    const start = i * (UNKNOWNS + 1);
    for (let j = 0; j < UNKNOWNS; j += 1) sums[start + j] = (sums[start + j] ?? 0) + value * (row[j] ?? 0);
    sums[start + UNKNOWNS] = (sums[start + UNKNOWNS] ?? 0) + value * target;
  }
}

/** Solves the normal equations by elimination; undefined where they do not say enough. */
function solve(sums: Float64Array): Float64Array | undefined {
  const width = UNKNOWNS + 1;
  const at = (r: number, c: number) => sums[r * width + c] ?? 0;
  for (let c = 0; c < UNKNOWNS; c += 1) {
    let pivot = c;
    for (let r = c + 1; r < UNKNOWNS; r += 1) if (Math.abs(at(r, c)) > Math.abs(at(pivot, c))) pivot = r;
    if (Math.abs(at(pivot, c)) < 1e-9) return undefined;
    for (let k = 0; k < width; k += 1) {
      const kept = at(c, k);
      sums[c * width + k] = at(pivot, k);
      sums[pivot * width + k] = kept;
    }
    for (let r = 0; r < UNKNOWNS; r += 1) {
      if (r === c) continue;
      const factor = at(r, c) / at(c, c);
      for (let k = c; k < width; k += 1) sums[r * width + k] = at(r, k) - factor * at(c, k);
    }
  }
  return Float64Array.from({ length: UNKNOWNS }, (_, i) => at(i, UNKNOWNS) / at(i, i));
}
