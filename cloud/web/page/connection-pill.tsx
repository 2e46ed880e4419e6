import type { ReadonlySignal } from "@preact/signals";
import { useSpeech } from "./language.ts";
import type { Connection } from "./live.ts";

/** Says whether changes arrive by themselves; a screen reader hears only a change for the worse or back. */
export function ConnectionPill({ connection }: { readonly connection: ReadonlySignal<Connection> }) {
  const { words } = useSpeech();
  return (
    <p class="pill connection" data-connection={connection.value} role="status">
      <span class="dot" aria-hidden="true" />
      <span class="pill-text">{words.connection[connection.value]}</span>
    </p>
  );
}
