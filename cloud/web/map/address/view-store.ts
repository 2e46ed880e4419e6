import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { LanguageChoice } from "../../page/language.ts";
import { type Address, addressOf, hashOfAddress } from "./address.ts";
import type { Camera } from "./camera-text.ts";
import type { Choice } from "./choice.ts";
import type { View } from "./view-address.ts";

/** What is open and how it is shown, kept in the address. */
export interface ViewStore {
  readonly view: ReadonlySignal<View>;
  readonly choice: ReadonlySignal<Choice>;
  readonly atMs: ReadonlySignal<number | null>;
  readonly camera: ReadonlySignal<Camera | null>;
  /** The address of a view with all else as it is: for links. */
  hrefOf(view: View): string;
  /** Opens a view; "back" leads to the one before. */
  open(view: View): void;
  /** Changes how things are shown. "Back" does not step through each press of a slider or drag of the map. */
  show(change: Partial<Pick<Address, "choice" | "atMs" | "camera">>): void;
}

/** Follows the address: links, "back" and shared addresses all work; a link that names a language is shown in it. */
export function startViewStore(languages: LanguageChoice): ViewStore {
  const address = signal(addressOf(window.location.hash));
  const rewrite = (): void => {
    window.history.replaceState(window.history.state, "", hashOfAddress(address.peek()));
  };
  const read = (): void => {
    address.value = addressOf(window.location.hash);
    if (address.value.language !== null) languages.follow(address.value.language);
  };
  window.addEventListener("hashchange", read);
  read();
  // A switch of the language is a change of the address like any other.
  effect(() => {
    const { language } = languages.speech.value;
    address.value = { ...address.peek(), language };
    rewrite();
  });
  return {
    view: computed(() => address.value.view),
    choice: computed(() => address.value.choice),
    atMs: computed(() => address.value.atMs),
    camera: computed(() => address.value.camera),
    hrefOf: (view) => hashOfAddress({ ...address.value, view }),
    open: (view) => {
      window.location.hash = hashOfAddress({ ...address.value, view });
    },
    show: (change) => {
      address.value = { ...address.value, ...change };
      rewrite();
    },
  };
}
