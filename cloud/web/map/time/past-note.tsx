import { useSpeech } from "../../page/language.ts";
import type { ViewStore } from "../address/view-store.ts";
import { sayPastAverage } from "./say-past.ts";

/** In an opened sheet: that it tells of the past, and by which mean. On a phone the slider lies under the sheet. */
export function PastNote({ views }: { readonly views: ViewStore }) {
  const { words, format } = useSpeech();
  const atMs = views.atMs.value;
  if (atMs === null) return null;
  return (
    <p class="past-note">
      <strong>{words.air.pastShown(format.fullMoment(atMs))}</strong>,{" "}
      {sayPastAverage(words.air, views.choice.value.average)}.{" "}
      <button type="button" class="link" onClick={() => views.show({ atMs: null })}>
        {words.air.backToNow}
      </button>
    </p>
  );
}
