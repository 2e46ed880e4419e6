import type { Signal } from "@preact/signals";
import { Map as MapLibreMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Camera } from "./address/camera-text.ts";
import { type Area, areasAsGeoJson, backgroundStyle } from "./background.ts";
import { addPlaceLayers } from "./layers/place-layers.ts";

// Bundled, MapLibre cannot find its own worker; without this line the map stays blank.
setWorkerUrl(workerUrl);

/** Chelyabinsk, until the first places say where to look. */
const START: Camera = { lng: 61.4, lat: 55.16, zoom: 8.5 };

interface MapCanvasProps {
  readonly map: Signal<MapLibreMap | undefined>;
  /** Where the address says to look at the start. */
  readonly camera: Camera | null;
  readonly areas: readonly Area[];
  readonly label: string;
  onFail(): void;
  readonly children: ComponentChildren;
}

function createMap(container: HTMLElement, label: string, { lng, lat, zoom }: Camera): MapLibreMap {
  return new MapLibreMap({
    container,
    style: backgroundStyle(),
    center: [lng, lat],
    zoom,
    minZoom: 4,
    maxZoom: 17,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    // Marks neither fade nor wait: a number that changes is there at once.
    fadeDuration: 0,
    locale: { "Map.Title": label },
  });
}

/** The drawn map; its children lie over it. Where the device cannot draw it, `onFail` is called instead. */
export function MapCanvas({ map, camera, areas, label, onFail, children }: MapCanvasProps) {
  const holder = useRef<HTMLDivElement>(null);

  // The map is made once; a new label must not make another.
  useEffect(() => {
    if (holder.current === null) return;
    try {
      const made = createMap(holder.current, label, camera ?? START);
      made.touchZoomRotate.disableRotation();
      made.keyboard.disableRotation();
      made.once("load", () => {
        addPlaceLayers(made);
        map.value = made;
      });
      return () => {
        map.value = undefined;
        made.remove();
      };
    } catch {
      // No WebGL here: the page goes on with the list.
      onFail();
    }
  }, []);

  useEffect(() => {
    map.value?.getCanvas().setAttribute("aria-label", label);
  }, [map.value, label]);

  useEffect(() => {
    const source = map.value?.getSource("areas");
    if (source !== undefined && "setData" in source && typeof source.setData === "function") {
      source.setData(areasAsGeoJson(areas));
    }
  }, [map.value, areas]);

  return (
    <div class="map-holder" data-drawn={map.value !== undefined}>
      <div class="map-canvas" ref={holder} />
      {map.value !== undefined && children}
    </div>
  );
}
