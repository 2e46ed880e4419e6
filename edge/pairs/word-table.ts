import { KEPT_WORDS } from "./repeats.ts";
import { affinityOf } from "./words.ts";

/** The words of all kept photos, by slot: two bytes each, and looked through as a whole. */
export interface WordTable {
  set(slot: number, words: Uint16Array): void;
  clear(slot: number): void;
  /** The slots whose words go best with these, the best first. */
  best(words: Uint16Array, most: number): readonly number[];
  wordsOf(slot: number): Uint16Array;
}

/** Two equal words, or what unrelated photos have by chance. */
const LEAST_AFFINITY = 12;

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
    clear: (slot) => {
      counts[slot] = 0;
    },
    best: (looked, most) => {
      const table = affinityOf(looked);
      const found: { slot: number; affinity: number }[] = [];
      let least = LEAST_AFFINITY;
      for (let slot = 0; slot < used; slot += 1) {
        const first = slot * KEPT_WORDS;
        const end = first + (counts[slot] ?? 0);
        let affinity = 0;
        for (let i = first; i < end; i += 1) affinity += table[words[i] ?? 0] ?? 0;
        if (affinity < least) continue;
        found.push({ slot, affinity });
        if (found.length < 4 * most) continue;
        found.sort((a, b) => b.affinity - a.affinity);
        found.length = most;
        least = Math.max(least, found.at(-1)?.affinity ?? 0);
      }
      found.sort((a, b) => b.affinity - a.affinity);
      return found.slice(0, most).map(({ slot }) => slot);
    },
    wordsOf: (slot) => words.slice(slot * KEPT_WORDS, slot * KEPT_WORDS + (counts[slot] ?? 0)),
  };
}
