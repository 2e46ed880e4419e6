import { type Map as MapLibreMap, Marker, type PositionAnchor } from "maplibre-gl";
import type { ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
import type { LngLat } from "./geometry.ts";
import "./places.css";

interface MapMarkerProps {
  readonly map: MapLibreMap;
  readonly at: LngLat;
  /** What lies above what: a higher layer wins. */
  readonly layer: number;
  readonly anchor?: PositionAnchor;
  readonly children: ComponentChildren;
}

/** Puts ordinary elements onto the map at a position; they stay real buttons, links and text. */
export function MapMarker({ map, at, layer, anchor = "center", children }: MapMarkerProps) {
  const [element] = useState(() => {
    const holder = document.createElement("div");
    holder.className = "map-marker";
    return holder;
  });
  const [lng, lat] = at;
  useEffect(() => {
    const marker = new Marker({ element, anchor }).setLngLat([lng, lat]).addTo(map);
    return () => void marker.remove();
  }, [map, element, anchor, lng, lat]);
  useEffect(() => {
    element.style.setProperty("--layer", String(layer));
  }, [element, layer]);
  return createPortal(children, element);
}
