import { type Signal, useSignal } from "@preact/signals";
import { Map as MapLibreMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "maplibre-gl/dist/maplibre-gl.css";
import { type Area, areasAsGeoJson, backgroundStyle } from "./background.ts";

// Bundled, MapLibre cannot find its own worker; without this line the map stays blank.
setWorkerUrl(workerUrl);

/** From this zoom on site symbols are drawn large enough to read and touch. */
const NEAR_ZOOM = 10;
/** From this zoom on there is room for the word "demo" below each station. */
const WORDS_ZOOM = 11.2;

/** Chelyabinsk, until the first places say where to look. */
const START = { center: [61.4, 55.16], zoom: 8.5 } satisfies { center: [number, number]; zoom: number };

interface MapCanvasProps {
  readonly map: Signal<MapLibreMap | undefined>;
  readonly areas: readonly Area[];
  readonly label: string;
  onFail(): void;
  readonly children: ComponentChildren;
}

function createMap(container: HTMLElement, label: string): MapLibreMap {
  return new MapLibreMap({
    container,
    style: backgroundStyle(),
    ...START,
    minZoom: 4,
    maxZoom: 17,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    locale: { "Map.Title": label },
  });
}

/** The drawn map; its children are the markers. Where the device cannot draw it, `onFail` is called instead. */
export function MapCanvas({ map, areas, label, onFail, children }: MapCanvasProps) {
  const holder = useRef<HTMLDivElement>(null);
  const isNear = useSignal(false);
  const hasWords = useSignal(false);

  // The map is made once; a new label must not make another.
  useEffect(() => {
    if (holder.current === null) return;
    try {
      const made = createMap(holder.current, label);
      made.touchZoomRotate.disableRotation();
      made.keyboard.disableRotation();
      const look = () => {
        isNear.value = made.getZoom() >= NEAR_ZOOM;
        hasWords.value = made.getZoom() >= WORDS_ZOOM;
      };
      made.on("zoom", look);
      made.once("load", () => {
        look();
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
    <div class="map-holder" data-near={isNear.value} data-words={hasWords.value} data-drawn={map.value !== undefined}>
      <div class="map-canvas" ref={holder} />
      {map.value !== undefined && children}
    </div>
  );
}
