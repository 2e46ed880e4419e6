import type { Map as MapLibreMap } from "maplibre-gl";
import type { StationFeature } from "../../http/schemas.ts";
import { useSpeech } from "../page/language.ts";
import { MapMarker } from "./map-marker.tsx";
import { sayStation } from "./place-name.ts";
import { StationCircle } from "./station-circle.tsx";
import { viewStation } from "./station-view.ts";

interface StationMarkerProps {
  readonly map: MapLibreMap;
  readonly station: StationFeature;
  readonly nowMs: number;
  readonly staleAfterMs: number;
  readonly isOpen: boolean;
  onOpen(): void;
}

/** A station on the map: a real button, with its marks and, when stale, its time below the circle. */
export function StationMarker({ map, station, nowMs, staleAfterMs, isOpen, onOpen }: StationMarkerProps) {
  const speech = useSpeech();
  const view = viewStation(station, nowMs, staleAfterMs);
  const { lastAt, demo, replay } = station.properties;
  const notes = [
    ...(view.freshness === "stale" && lastAt !== null
      ? [speech.words.map.since(speech.format.moment(lastAt, nowMs))]
      : []),
    ...(demo ? [speech.words.marks.demo] : []),
    ...(replay === null ? [] : [speech.words.marks.replay]),
  ];
  return (
    <MapMarker map={map} at={station.geometry.coordinates} layer={isOpen ? 50 : 30}>
      <button
        type="button"
        class="place station-marker"
        data-id={station.id}
        aria-label={sayStation(speech, station, view, nowMs)}
        aria-pressed={isOpen}
        onClick={onOpen}
      >
        <StationCircle view={view} demo={demo} replay={replay !== null} />
        {notes.length > 0 && <span class="place-note">{notes.join(" · ")}</span>}
      </button>
    </MapMarker>
  );
}
