import { useComputed, useSignal } from "@preact/signals";
import type { Map as MapLibreMap } from "maplibre-gl";
import { useEffect, useRef } from "preact/hooks";
import { ConnectionPill } from "../page/connection-pill.tsx";
import { useSpeech } from "../page/language.ts";
import { LanguageSwitch } from "../page/language-switch.tsx";
import { ROOMY, useMedia, WIDE } from "../page/media.ts";
import { Trouble } from "../page/notice.tsx";
import { type Area, areasOf } from "./background.ts";
import { showAll, uncover } from "./camera.ts";
import { Legend } from "./legend.tsx";
import { MapCanvas } from "./map-canvas.tsx";
import { MapMarker } from "./map-marker.tsx";
import type { MapStore } from "./map-store.ts";
import { MapTools } from "./map-tools.tsx";
import { OpenSheet } from "./open-sheet.tsx";
import { SiteMarker } from "./site-marker.tsx";
import { StationMarker } from "./station-marker.tsx";
import type { ViewStore } from "./view-store.ts";

function TopBar({ store, views }: { store: MapStore; views: ViewStore }) {
  const { words } = useSpeech();
  const isList = views.view.value.kind === "list";
  return (
    <header class="top-bar">
      <h1>
        <span class="brand">{words.brand}</span>
        <span class="tagline">{words.map.title}</span>
      </h1>
      <ConnectionPill connection={store.connection} />
      <nav>
        <a class="button" href={isList ? "#/" : "#/list"} aria-current={isList ? "page" : undefined}>
          {isList ? words.map.showMap : words.map.list}
        </a>
        <a class="button quiet wide-only" href="/desk">
          {words.map.desk}
        </a>
        <LanguageSwitch />
      </nav>
    </header>
  );
}

interface PlacesProps {
  readonly map: MapLibreMap;
  readonly store: MapStore;
  readonly views: ViewStore;
  readonly areas: readonly Area[];
  readonly openId: string | undefined;
  readonly isWide: boolean;
}

/** The municipalities' names, each a way to look closer, and a marker for each station and site. */
function Places({ map, store, views, areas, openId, isWide }: PlacesProps) {
  const { words, name } = useSpeech();
  return (
    <>
      {areas.map((area) => (
        <MapMarker key={area.id} map={map} at={area.label} layer={1} anchor="bottom">
          <button
            type="button"
            class="town"
            aria-label={words.map.showTown(name(area.name))}
            onClick={() => showAll(map, area.places, isWide, true)}
          >
            {name(area.name)}
          </button>
        </MapMarker>
      ))}
      {[...store.stations.value.values()].map((station) => (
        <StationMarker
          key={station.id}
          map={map}
          station={station}
          nowMs={store.nowMs.value}
          staleAfterMs={store.staleAfterMs.value}
          isOpen={station.id === openId}
          onOpen={() => views.open({ kind: "station", id: station.id })}
        />
      ))}
      {[...store.sites.value.values()].map((site) => (
        <SiteMarker
          key={site.id}
          map={map}
          site={site}
          isOpen={site.id === openId}
          onOpen={() => views.open({ kind: "site", id: site.id })}
        />
      ))}
    </>
  );
}

/** The public map: everything at a glance, live, and one sheet with what was asked for. */
export function MapPage({ store, views }: { readonly store: MapStore; readonly views: ViewStore }) {
  const { words } = useSpeech();
  const isWide = useMedia(WIDE);
  const isRoomy = useMedia(ROOMY);
  const map = useSignal<MapLibreMap | undefined>(undefined);
  const hasNoMap = useSignal(false);
  const hasLooked = useRef(false);
  const stations = useComputed(() => [...store.stations.value.values()]);
  const sites = useComputed(() => [...store.sites.value.values()]);
  const places = useComputed(() => [...stations.value, ...sites.value].map(({ geometry }) => geometry.coordinates));
  // Outlines follow the places, not each reading.
  const placesKey = useComputed(() => places.value.join(";"));
  // Recomputed when a place comes, goes or moves.
  const areas = useComputed(() => {
    void placesKey.value;
    return areasOf([...stations.peek(), ...sites.peek()]);
  });
  const view = views.view.value;
  const openId = "id" in view ? view.id : undefined;
  const opened = openId === undefined ? undefined : (store.stations.value.get(openId) ?? store.sites.value.get(openId));
  const openedAt = opened?.geometry.coordinates;

  useEffect(() => {
    if (map.value === undefined || places.value.length === 0 || hasLooked.current) return;
    hasLooked.current = true;
    showAll(map.value, places.value, isWide, false);
  }, [map.value, places.value, isWide]);

  // A live change of an open place must not move the map.
  useEffect(() => {
    if (map.value !== undefined && openedAt !== undefined) uncover(map.value, openedAt, isWide);
  }, [map.value, openId, openedAt === undefined]);

  const hasDemo = [...stations.value, ...sites.value].some(({ properties }) => properties.demo);
  return (
    <div class="map-page" data-open={view.kind}>
      <TopBar store={store} views={views} />
      {hasDemo && <p class="banner">{words.marks.banner}</p>}
      <main>
        <MapCanvas
          map={map}
          areas={areas.value}
          label={words.map.mapLabel}
          onFail={() => {
            hasNoMap.value = true;
          }}
        >
          {map.value !== undefined && (
            <Places map={map.value} store={store} views={views} areas={areas.value} openId={openId} isWide={isWide} />
          )}
          {map.value !== undefined && (
            <MapTools map={map.value} onShowAll={() => map.value && showAll(map.value, places.value, isWide, true)} />
          )}
        </MapCanvas>
        <div class="notices">
          {store.trouble.value !== null && <Trouble code={store.trouble.value} onRetry={() => void store.refetch()} />}
          {hasNoMap.value && <p class="notice">{words.map.noMap}</p>}
          {store.isLoaded.value && places.value.length === 0 && <p class="notice">{words.map.nothingYet}</p>}
        </div>
        <Legend isOpen={isRoomy} />
        <OpenSheet store={store} views={views} />
      </main>
    </div>
  );
}
