/** A square of complex numbers in rows; its side is a power of two. */
export interface ComplexSquare {
  readonly side: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

interface Turns {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  /** Where each number goes before the first step: its bits in the other order. */
  readonly order: Uint16Array;
}

const turnsBySide = new Map<number, Turns>();

function turnsOf(side: number): Turns {
  const known = turnsBySide.get(side);
  if (known !== undefined) return known;
  const bits = Math.log2(side);
  const angle = (i: number) => (-2 * Math.PI * i) / side;
  const turns = {
    cos: Float64Array.from({ length: side / 2 }, (_, i) => Math.cos(angle(i))),
    sin: Float64Array.from({ length: side / 2 }, (_, i) => Math.sin(angle(i))),
    order: Uint16Array.from({ length: side }, (_, i) => {
      let turned = 0;
      for (let bit = 0; bit < bits; bit += 1) turned |= ((i >> bit) & 1) << (bits - 1 - bit);
      return turned;
    }),
  };
  turnsBySide.set(side, turns);
  return turns;
}

/** The Fourier transform of a square, in place: rows, then columns (Cooley & Tukey 1965, radix 2). */
export function transform(square: ComplexSquare): void {
  for (let line = 0; line < square.side; line += 1) transformLine(square, line * square.side, 1);
  for (let line = 0; line < square.side; line += 1) transformLine(square, line, square.side);
}

const lineRe = new Float64Array(256);
const lineIm = new Float64Array(256);

function transformLine({ side, re, im }: ComplexSquare, start: number, step: number): void {
  const { cos, sin, order } = turnsOf(side);
  for (let i = 0; i < side; i += 1) {
    const to = order[i] ?? 0;
    lineRe[to] = re[start + i * step] ?? 0;
    lineIm[to] = im[start + i * step] ?? 0;
  }
  for (let half = 1; half < side; half *= 2) {
    const stride = side / (2 * half);
    for (let first = 0; first < side; first += 2 * half) {
      for (let k = 0; k < half; k += 1) {
        const a = first + k;
        const b = a + half;
        const c = cos[k * stride] ?? 0;
        const s = sin[k * stride] ?? 0;
        const bRe = lineRe[b] ?? 0;
        const bIm = lineIm[b] ?? 0;
        const turnedRe = bRe * c - bIm * s;
        const turnedIm = bRe * s + bIm * c;
        lineRe[b] = (lineRe[a] ?? 0) - turnedRe;
        lineIm[b] = (lineIm[a] ?? 0) - turnedIm;
        lineRe[a] = (lineRe[a] ?? 0) + turnedRe;
        lineIm[a] = (lineIm[a] ?? 0) + turnedIm;
      }
    }
  }
  for (let i = 0; i < side; i += 1) {
    re[start + i * step] = lineRe[i] ?? 0;
    im[start + i * step] = lineIm[i] ?? 0;
  }
}

/** The power of two real squares that were transformed as one complex one, each at its own frequencies. */
export function powersOfBoth({ side, re, im }: ComplexSquare): readonly [Float64Array, Float64Array] {
  const first = new Float64Array(side * side);
  const second = new Float64Array(side * side);
  for (let at = 0; at < first.length; at += 1) {
    const other = oppositeOf(at, side);
    first[at] = (((re[at] ?? 0) + (re[other] ?? 0)) ** 2 + ((im[at] ?? 0) - (im[other] ?? 0)) ** 2) / 4;
    second[at] = (((im[at] ?? 0) + (im[other] ?? 0)) ** 2 + ((re[at] ?? 0) - (re[other] ?? 0)) ** 2) / 4;
  }
  return [first, second];
}

/** The power of two real squares that were transformed as one complex one, added up. */
export function powerOfBoth({ side, re, im }: ComplexSquare): Float64Array {
  const power = new Float64Array(side * side);
  for (let at = 0; at < power.length; at += 1) {
    const other = oppositeOf(at, side);
    power[at] = ((re[at] ?? 0) ** 2 + (im[at] ?? 0) ** 2 + (re[other] ?? 0) ** 2 + (im[other] ?? 0) ** 2) / 2;
  }
  return power;
}

/** Where the frequency of opposite sign lies. */
const oppositeOf = (at: number, side: number): number => {
  const last = side - 1;
  const x = at & last;
  return ((side - (at - x) / side) & last) * side + ((side - x) & last);
};
