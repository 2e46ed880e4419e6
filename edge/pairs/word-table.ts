import { KEPT_WORDS } from "./repeats.ts";
import { affinitiesOf, LOW_BITS } from "./words.ts";

/** The words of all kept photos, by slot: two bytes each, and looked through as a whole. */
export interface WordTable {
  set(slot: number, words: Uint16Array): void;
  /** The slots whose words go best with those of a photo upright, and mirrored; the best first. */
  best(looked: readonly [Uint16Array, Uint16Array], most: number): readonly [readonly number[], readonly number[]];
  wordsOf(slot: number): Uint16Array;
}

/** Two equal words, or what unrelated photos have by chance. */
const LEAST_AFFINITY = 12;
const LOW = (1 << LOW_BITS) - 1;

export function createWordTable(slots: number): WordTable {
  let words = new Uint16Array(0);
  const counts = new Uint8Array(slots);
  let used = 0;

  function makeRoom(slot: number): void {
    used = Math.max(used, slot + 1);
    if (words.length >= used * KEPT_WORDS) return;
    const larger = new Uint16Array(Math.min(slots, Math.max(256, used * 2)) * KEPT_WORDS);
    larger.set(words);
    words = larger;
  }

  return {
    set: (slot, added) => {
      makeRoom(slot);
      words.set(added, slot * KEPT_WORDS);
      counts[slot] = added.length;
    },
    best: ([upright, mirrored], most) => {
      const table = affinitiesOf(upright, mirrored);
      const [uprights, mirroreds] = [keepBest(most), keepBest(most)];
      for (let slot = 0; slot < used; slot += 1) {
        const first = slot * KEPT_WORDS;
        const end = first + (counts[slot] ?? 0);
        let both = 0;
        for (let i = first; i < end; i += 1) both += table[words[i] ?? 0] ?? 0;
        uprights.offer(slot, both & LOW);
        mirroreds.offer(slot, both >>> LOW_BITS);
      }
      return [uprights.slots(), mirroreds.slots()];
    },
    wordsOf: (slot) => words.slice(slot * KEPT_WORDS, slot * KEPT_WORDS + (counts[slot] ?? 0)),
  };
}

/** Keeps the best of what is offered. */
function keepBest(most: number) {
  const found: { slot: number; affinity: number }[] = [];
  let least = LEAST_AFFINITY;
  const sort = () => found.sort((a, b) => b.affinity - a.affinity);
  return {
    offer: (slot: number, affinity: number) => {
      if (affinity < least) return;
      found.push({ slot, affinity });
      if (found.length < 4 * most) return;
      sort().length = most;
      least = Math.max(least, found.at(-1)?.affinity ?? 0);
    },
    slots: () =>
      sort()
        .slice(0, most)
        .map(({ slot }) => slot),
  };
}
