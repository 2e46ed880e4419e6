import { type ReadonlySignal, signal } from "@preact/signals";
import { hashOf, type View, viewOf } from "./view-address.ts";

/** What is open, kept in the address. */
export interface ViewStore {
  readonly view: ReadonlySignal<View>;
  open(view: View): void;
}

/** Follows the address: links, "back" and shared addresses all work. */
export function startViewStore(): ViewStore {
  const view = signal(viewOf(window.location.hash));
  window.addEventListener("hashchange", () => {
    view.value = viewOf(window.location.hash);
  });
  return {
    view,
    open: (next) => {
      window.location.hash = hashOf(next);
    },
  };
}
