/** A hash that goes on from where another ended: the upper and the lower 32 bits of FNV-1a (64 bits). */
export type FnvState = readonly [high: number, low: number];

const BASIS: FnvState = [0xcbf29ce4, 0x84222325];
const encoder = new TextEncoder();

/**
 * FNV-1a of a text's UTF-8 (Fowler, Noll, Vo; draft-eastlake-fnv), in plain numbers: the prime is 2^40 + 435, and no product here
 * leaves the 53 bits of a number.
 */
export function fnv(text: string, [high, low]: FnvState = BASIS): FnvState {
  let [hi, lo] = [high, low];
  for (const byte of encoder.encode(text)) {
    const mixed = (lo ^ byte) >>> 0;
    const product = mixed * 435;
    hi = (hi * 435 + Math.floor(product / 0x1_0000_0000) + ((mixed << 8) >>> 0)) >>> 0;
    lo = product >>> 0;
  }
  return [hi, lo];
}

/** Its first 53 bits, as a number. */
export const numberOf = ([high, low]: FnvState): number => high * 0x20_0000 + (low >>> 11);
