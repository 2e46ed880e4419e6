/** Small texts that the browser keeps between visits. */
export interface Memory {
  read(key: string): string | null;
  write(key: string, value: string): void;
}

/** The browser's local storage; where it is forbidden (private windows), nothing is remembered and nothing breaks. */
export const browserMemory: Memory = {
  read: (key) => {
    try {
      return window.localStorage.getItem(key);
    } catch {
      // Forbidden storage reads as empty: the page asks again.
      return null;
    }
  },
  write: (key, value) => {
    try {
      window.localStorage.setItem(key, value);
    } catch {
      // Forbidden or full storage costs one question at the next visit.
    }
  },
};
