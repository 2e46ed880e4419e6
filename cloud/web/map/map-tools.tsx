import { useSignal } from "@preact/signals";
import type { Map as MapLibreMap } from "maplibre-gl";
import { useEffect } from "preact/hooks";
import { useSpeech } from "../page/language.ts";
import { metresPerPx, scaleBar } from "./geometry.ts";
import "./tools.css";

const MAX_BAR_PX = 96;

/** Zoom buttons and the scale bar; our own, so that they speak both languages and are large enough for a thumb. */
export function MapTools({ map, onShowAll }: { readonly map: MapLibreMap; onShowAll(): void }) {
  const { words, format } = useSpeech();
  const bar = useSignal(scaleBar(100, MAX_BAR_PX));
  useEffect(() => {
    const measure = () => {
      bar.value = scaleBar(metresPerPx(map.getCenter().lat, map.getZoom()), MAX_BAR_PX);
    };
    measure();
    map.on("move", measure);
    return () => void map.off("move", measure);
  }, [map, bar]);
  const { metres, px } = bar.value;
  const length =
    metres >= 1_000
      ? `${format.number(metres / 1_000)} ${words.map.kilometres}`
      : `${format.number(metres)} ${words.map.metres}`;
  return (
    <>
      <div class="map-buttons">
        <button type="button" aria-label={words.map.zoomIn} title={words.map.zoomIn} onClick={() => map.zoomIn()}>
          <span aria-hidden="true">+</span>
        </button>
        <button type="button" aria-label={words.map.zoomOut} title={words.map.zoomOut} onClick={() => map.zoomOut()}>
          <span aria-hidden="true">−</span>
        </button>
        <button type="button" aria-label={words.map.showAll} title={words.map.showAll} onClick={onShowAll}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" />
          </svg>
        </button>
      </div>
      <div class="scale-bar" style={{ width: `${px}px` }} aria-hidden="true">
        {length}
      </div>
    </>
  );
}
