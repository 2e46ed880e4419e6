import type { Keypoint, Level } from "./keypoints.ts";

/** Numbers of one descriptor: 4 × 4 cells of 8 directions. */
export const DESCRIPTOR_LENGTH = 128;

const RADIUS = 8;
const CELLS = 4;
const DIRECTIONS = 8;
const CLIP = 0.2;
const TO_BYTE = 512;

/** For each sample of a patch the four cells that it adds to, and how much: the same for each patch. */
const SHARES = patchShares();

/**
 * Describes what is around each keypoint by the directions of its edges (Lowe 2004, section 6): not turned to a main
 * direction, since photos are taken upright. One row of 128 bytes for each keypoint; brightness and contrast do not count.
 */
export function describe(levels: readonly Level[], keypoints: readonly Keypoint[]): Uint8Array {
  const out = new Uint8Array(keypoints.length * DESCRIPTOR_LENGTH);
  const sums = new Float32Array(DESCRIPTOR_LENGTH);
  for (const [n, { x, y, level }] of keypoints.entries()) {
    const at = levels[level];
    if (at === undefined) continue;
    sums.fill(0);
    gather(at, Math.floor(x * at.picture.widthPx), Math.floor(y * at.picture.heightPx), sums);
    normalise(sums, out.subarray(n * DESCRIPTOR_LENGTH, (n + 1) * DESCRIPTOR_LENGTH));
  }
  return out;
}

/** The descriptors of the same spots in the mirrored picture. */
export function mirrorDescriptors(descriptors: Uint8Array): Uint8Array {
  const out = new Uint8Array(descriptors.length);
  for (let i = 0; i < descriptors.length; i += 1) {
    const start = i - (i % DESCRIPTOR_LENGTH);
    const bin = i % DIRECTIONS;
    const cell = Math.floor((i % DESCRIPTOR_LENGTH) / DIRECTIONS);
    const column = CELLS - 1 - (cell % CELLS);
    const direction = (DIRECTIONS / 2 - bin + DIRECTIONS) % DIRECTIONS;
    out[start + (cell - (cell % CELLS) + column) * DIRECTIONS + direction] = descriptors[i] ?? 0;
  }
  return out;
}

function gather({ picture }: Level, centreX: number, centreY: number, sums: Float32Array): void {
  const { widthPx: w, heightPx: h, values } = picture;
  const { bins, weights } = SHARES;
  let next = 0;
  for (let y = centreY - RADIUS; y <= centreY + RADIUS; y += 1) {
    for (let x = centreX - RADIUS; x <= centreX + RADIUS; x += 1) {
      const first = next;
      next += 4;
      if (x < 1 || y < 1 || x >= w - 1 || y >= h - 1) continue;
      const i = y * w + x;
      const gx = (values[i + 1] ?? 0) - (values[i - 1] ?? 0);
      const gy = (values[i + w] ?? 0) - (values[i - w] ?? 0);
      const length = Math.sqrt(gx * gx + gy * gy);
      if (length === 0) continue;
      const direction = Math.atan2(gy, gx) * (DIRECTIONS / (2 * Math.PI)) + DIRECTIONS;
      const whole = Math.floor(direction);
      const share = direction - whole;
      const low = whole & (DIRECTIONS - 1);
      const high = (low + 1) & (DIRECTIONS - 1);
      for (let s = first; s < next; s += 1) {
        const value = length * (weights[s] ?? 0);
        const bin = bins[s] ?? 0;
        sums[bin + low] = (sums[bin + low] ?? 0) + value * (1 - share);
        sums[bin + high] = (sums[bin + high] ?? 0) + value * share;
      }
    }
  }
}

function normalise(sums: Float32Array, out: Uint8Array): void {
  const clip = CLIP * lengthOf(sums);
  for (let i = 0; i < sums.length; i += 1) sums[i] = Math.min(sums[i] ?? 0, clip);
  const length = lengthOf(sums) || 1;
  for (let i = 0; i < sums.length; i += 1) out[i] = Math.min(255, Math.round((TO_BYTE * (sums[i] ?? 0)) / length));
}

function lengthOf(values: Float32Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}

/** The middles of the four cells lie at ±2 and ±6; what lies further out than they belongs to the outer cells alone. */
function patchShares(): { readonly bins: Int16Array; readonly weights: Float32Array } {
  const offsets = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => i - RADIUS);
  const along = (offset: number) => {
    const place = Math.min(Math.max((offset + 6) / 4, 0), CELLS - 1);
    const low = Math.min(Math.floor(place), CELLS - 2);
    return [
      { index: low, weight: low + 1 - place },
      { index: low + 1, weight: place - low },
    ];
  };
  const shares = offsets.flatMap((dy) =>
    offsets.flatMap((dx) => {
      const bell = Math.exp(-(dx * dx + dy * dy) / (2 * RADIUS * RADIUS));
      return along(dy).flatMap((row) =>
        along(dx).map((column) => ({
          bin: (row.index * CELLS + column.index) * DIRECTIONS,
          weight: bell * row.weight * column.weight,
        })),
      );
    }),
  );
  return {
    bins: Int16Array.from(shares, ({ bin }) => bin),
    weights: Float32Array.from(shares, ({ weight }) => weight),
  };
}
