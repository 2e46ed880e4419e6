import { z } from "zod";
import { DESCRIPTOR_LENGTH } from "./descriptors.ts";

const Bin = z
  .number()
  .int()
  .min(0)
  .max(DESCRIPTOR_LENGTH - 1);

/** One bit of a word: set where the sum of some of a descriptor's numbers minus the sum of others is above a value. */
export const WordBit = z.object({ plus: z.array(Bin).min(1), minus: z.array(Bin).min(1), above: z.number() });
export type WordBit = z.infer<typeof WordBit>;

/** The words of some rows of descriptors, sixteen bits each: alike surroundings get words that differ in few bits. */
export function wordsOf(descriptors: Uint8Array, rows: readonly number[], bits: readonly WordBit[]): Uint16Array {
  return Uint16Array.from(rows, (row) => {
    const start = row * DESCRIPTOR_LENGTH;
    let word = 0;
    for (const [i, { plus, minus, above }] of bits.entries()) {
      let sum = 0;
      for (const bin of plus) sum += descriptors[start + bin] ?? 0;
      for (const bin of minus) sum -= descriptors[start + bin] ?? 0;
      if (sum > above) word |= 1 << i;
    }
    return word;
  });
}

/** How many bits of each sixteen are set. */
const SET_BITS = Uint8Array.from({ length: 0x10000 }, (_, word) => word.toString(2).replaceAll("0", "").length);

/** In how many bits two words differ. */
export const bitsApart = (a: number, b: number): number => SET_BITS[a ^ b] ?? 0;

/** Bits of the first of two sums that are added up as one number: 96 words of 6 stay far below it. */
export const LOW_BITS = 12;

/** How well each of the 65,536 words goes with the words of one photo, and above `LOW_BITS` with those of another. */
export function affinitiesOf(one: Uint16Array, other: Uint16Array): Uint16Array {
  const table = new Uint16Array(0x10000);
  const others = affinityOf(other);
  for (const [word, affinity] of affinityOf(one).entries()) table[word] = affinity | ((others[word] ?? 0) << LOW_BITS);
  return table;
}

/** 6 for the same word, 2 where one bit differs. */
function affinityOf(words: Uint16Array): Uint8Array {
  const table = new Uint8Array(0x10000);
  for (const word of words) for (let bit = 0; bit < 16; bit += 1) table[word ^ (1 << bit)] = 2;
  for (const word of words) table[word] = 6;
  return table;
}
