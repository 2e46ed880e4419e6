/**
 * How far the highest peaks of a spectrum stand above what lies around them, as natural logarithms of power. Things that repeat
 * many times, as the pixels of a screen and the dots of a print do, make peaks; grass, rubble and noise make none.
 */
export interface Peaks {
  /** Of waves that lie aslant in the picture. */
  readonly aslant: number;
  /** Of waves along a row or a column, where edges of things and the blocks of a JPEG lie as well. */
  readonly upright: number;
}

/** Which frequencies are looked at, in parts of the spectrum's side. */
export interface Band {
  /** Slower waves are things in the picture: a kerb, a wall, a row of windows. */
  readonly slowest: number;
}

/** A JPEG's blocks are 8 pixels: their waves lie at eighths of the side. */
const BLOCK_WAVES = 8;
/** So many steps to either side count as upright: a camera in a hand is turned by more than that. */
const UPRIGHT_STEPS = 2;
/** A wave's own width in the spectrum of a softly cut out square (Hann): one step to either side. */
const WAVE_STEPS = 1;
/** What is around a peak: a ring of 11 by 11 without the 5 by 5 within. */
const [RING_STEPS, HOLE_STEPS] = [5, 2];

/** Rows above and below the upper half that what is around its peaks reaches into. */
const MARGIN = RING_STEPS + WAVE_STEPS;

/** The highest peaks of a power spectrum with a square's side in rows, zero frequency first; `floor` is the power of rounding to whole levels. */
export function peaksOf(power: Float64Array, side: number, { slowest }: Band, floor: number): Peaks {
  const levels = boxSums(upperHalf(power, side), side, WAVE_STEPS);
  for (let i = 0; i < levels.length; i += 1) levels[i] = Math.log((levels[i] ?? 0) + 9 * floor);
  const wide = boxSums(levels, side, RING_STEPS);
  const hole = boxSums(levels, side, HOLE_STEPS);
  const cells = (2 * RING_STEPS + 1) ** 2 - (2 * HOLE_STEPS + 1) ** 2;
  const regions = regionsOf(side, slowest);
  let [aslant, upright] = [0, 0];
  for (let i = 0; i < regions.length; i += 1) {
    const region = regions[i];
    if (region === NOTHING) continue;
    const at = i + MARGIN * side;
    const height = (levels[at] ?? 0) - ((wide[at] ?? 0) - (hole[at] ?? 0)) / cells;
    if (region === ASLANT) aslant = Math.max(aslant, height);
    else upright = Math.max(upright, height);
  }
  return { aslant, upright };
}

/** The half of a spectrum that says all of it, from zero up to the fastest wave down the picture, and the margin around it. */
function upperHalf(power: Float64Array, side: number): Float64Array {
  const rows = side / 2 + 1 + 2 * MARGIN;
  const half = new Float64Array(rows * side);
  for (let row = 0; row < rows; row += 1) {
    const from = ((row - MARGIN) & (side - 1)) * side;
    half.set(power.subarray(from, from + side), row * side);
  }
  return half;
}

const [NOTHING, ASLANT, UPRIGHT] = [0, 1, 2];
const regionsBySide = new Map<string, Uint8Array>();

/** Which frequencies of the upper half count as what. */
function regionsOf(side: number, slowest: number): Uint8Array {
  const key = `${side} ${slowest}`;
  const known = regionsBySide.get(key);
  if (known !== undefined) return known;
  const regions = new Uint8Array(side * (side / 2 + 1));
  const block = side / BLOCK_WAVES;
  const fromBlock = (k: number) => Math.abs(k - block * Math.round(k / block));
  for (let i = 0; i < regions.length; i += 1) {
    const [x, y] = [((i + side / 2) % side) - side / 2, Math.floor(i / side)];
    const isUpright = Math.min(Math.abs(x), y) <= UPRIGHT_STEPS;
    const isOfBlocks = Math.max(fromBlock(x), fromBlock(y)) <= (isUpright ? UPRIGHT_STEPS : WAVE_STEPS);
    if (Math.hypot(x, y) >= slowest * side && !isOfBlocks) regions[i] = isUpright ? UPRIGHT : ASLANT;
  }
  regionsBySide.set(key, regions);
  return regions;
}

/** The sum over a box around each value; beyond the end of a row its beginning goes on. Rows nearer to an edge than the radius stay 0. */
function boxSums(values: Float64Array, side: number, radius: number): Float64Array {
  const last = side - 1;
  const across = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += side) {
    let sum = 0;
    for (let i = -radius; i <= radius; i += 1) sum += values[start + (i & last)] ?? 0;
    for (let i = 0; i < side; i += 1) {
      across[start + i] = sum;
      sum += (values[start + ((i + radius + 1) & last)] ?? 0) - (values[start + ((i - radius) & last)] ?? 0);
    }
  }
  const sums = new Float64Array(values.length);
  const first = radius * side;
  for (let i = 0; i < (2 * radius + 1) * side; i += 1) {
    sums[first + (i & last)] = (sums[first + (i & last)] ?? 0) + (across[i] ?? 0);
  }
  const reach = radius * side;
  for (let i = first + side; i < values.length - reach; i += 1) {
    sums[i] = (sums[i - side] ?? 0) + (across[i + reach] ?? 0) - (across[i - reach - side] ?? 0);
  }
  return sums;
}
