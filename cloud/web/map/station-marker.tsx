import type { Map as MapLibreMap } from "maplibre-gl";
import type { StationFeature } from "../../http/schemas.ts";
import { useSpeech } from "../page/language.ts";
import { MapMarker } from "./map-marker.tsx";
import { sayStation } from "./say-place.ts";
import { StationCircle } from "./station-circle.tsx";
import { severityOf, viewStation } from "./station-view.ts";

interface StationMarkerProps {
  readonly map: MapLibreMap;
  readonly station: StationFeature;
  readonly nowMs: number;
  readonly staleAfterMs: number;
  readonly isOpen: boolean;
  onOpen(): void;
}

/**
 * A station on the map: a real button. What is worth a word (since when it is stale, replay, demo) lies below the
 * circle, under the circles and dirty sites around it; the button's name says the same.
 */
export function StationMarker({ map, station, nowMs, staleAfterMs, isOpen, onOpen }: StationMarkerProps) {
  const speech = useSpeech();
  const view = viewStation(station, nowMs, staleAfterMs);
  const { demo, replay } = station.properties;
  const notes = [
    ...(view.freshness === "stale" && view.atMs !== null
      ? [<b key="since">{speech.words.map.since(speech.format.moment(view.atMs, nowMs))}</b>]
      : []),
    ...(view.freshness === "future" ? [<b key="future">{speech.words.map.timeDoubt}</b>] : []),
    ...(demo ? [<i key="demo">{speech.words.marks.demo}</i>] : []),
    ...(replay === null ? [] : [<b key="replay">{speech.words.marks.replay}</b>]),
  ];
  return (
    <>
      <MapMarker map={map} at={station.geometry.coordinates} layer={isOpen ? 50 : 30 + severityOf(view)}>
        <button
          type="button"
          class="place station-marker"
          data-id={station.id}
          aria-label={sayStation(speech, station, view, nowMs)}
          aria-pressed={isOpen}
          onClick={onOpen}
        >
          <StationCircle view={view} demo={demo} replay={replay !== null} />
        </button>
      </MapMarker>
      {notes.length > 0 && (
        <MapMarker map={map} at={station.geometry.coordinates} layer={isOpen ? 49 : 15} anchor="top">
          <span class="place-note" data-id={station.id} aria-hidden="true">
            {notes}
          </span>
        </MapMarker>
      )}
    </>
  );
}
