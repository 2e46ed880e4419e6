import type { Map as MapLibreMap } from "maplibre-gl";
import type { SiteFeature } from "../../http/schemas.ts";
import { useSpeech } from "../page/language.ts";
import { isDirty } from "../page/site-state.ts";
import { SiteSymbol } from "../page/site-symbol.tsx";
import { MapMarker } from "./map-marker.tsx";
import { saySite } from "./say-place.ts";

interface SiteMarkerProps {
  readonly map: MapLibreMap;
  readonly site: SiteFeature;
  readonly isOpen: boolean;
  onOpen(): void;
}

/** A site on the map: a real button; a dirty one lies above its clean neighbours. */
export function SiteMarker({ map, site, isOpen, onOpen }: SiteMarkerProps) {
  const speech = useSpeech();
  const { state, demo } = site.properties;
  return (
    <MapMarker map={map} at={site.geometry.coordinates} layer={isOpen ? 50 : isDirty(state) ? 20 : 10}>
      <button
        type="button"
        class="place site-marker"
        data-id={site.id}
        data-demo={demo}
        data-state={state}
        data-dirty={isDirty(state)}
        aria-label={saySite(speech, site)}
        aria-pressed={isOpen}
        onClick={onOpen}
      >
        <SiteSymbol state={state} />
      </button>
    </MapMarker>
  );
}
