import { type ReadonlySignal, signal } from "@preact/signals";
import type { Memory } from "../../page/memory.ts";

/** Something that is on or off and remembered in the browser. */
export interface Switch {
  readonly on: ReadonlySignal<boolean>;
  set(on: boolean): void;
}

/** A switch that remembers itself under a key; off at first. */
export function createSwitch(memory: Memory, key: string): Switch {
  const on = signal(memory.read(key) === "on");
  return {
    on,
    set: (next) => {
      on.value = next;
      memory.write(key, next ? "on" : "off");
    },
  };
}
