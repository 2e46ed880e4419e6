import type { ReadonlySignal } from "@preact/signals";
import { useSpeech } from "../page/language.ts";
import type { MapStore } from "./map-store.ts";

interface OfflineNoteProps {
  readonly store: MapStore;
  readonly isOutdated: ReadonlySignal<boolean>;
}

/** Says of which moment the kept snapshot is while there is no network, and that a newer version of the page is there. */
export function OfflineNote({ store, isOutdated }: OfflineNoteProps) {
  const { words, format } = useSpeech();
  const snapshotMs = store.snapshotMs.value;
  const minutes = snapshotMs === null ? 0 : Math.max(0, Math.round((store.nowMs.value - snapshotMs) / 60_000));
  return (
    <>
      {snapshotMs !== null && (
        <p class="banner snapshot" role="status">
          {words.air.offlineShown(format.fullMoment(snapshotMs), words.air.ago(Math.floor(minutes / 60), minutes % 60))}
        </p>
      )}
      {(isOutdated.value || store.isOutdated.value) && (
        <p class="banner newer" role="status">
          {words.air.newer}{" "}
          <button type="button" class="link" onClick={() => window.location.reload()}>
            {words.air.reload}
          </button>
        </p>
      )}
    </>
  );
}
