import { type ReadonlySignal, type Signal, useComputed, useSignal } from "@preact/signals";
import type { Map as MapLibreMap } from "maplibre-gl";
import { useEffect, useRef } from "preact/hooks";
import { ConnectionPill } from "../page/connection-pill.tsx";
import { useSpeech } from "../page/language.ts";
import { LanguageSwitch } from "../page/language-switch.tsx";
import { useMedia, WIDE } from "../page/media.ts";
import { Trouble } from "../page/notice.tsx";
import type { ViewStore } from "./address/view-store.ts";
import { areasOf } from "./background.ts";
import { BulletinBanner } from "./bulletins/bulletin-banner.tsx";
import type { BulletinList } from "./bulletins/bulletins.ts";
import { showAll, uncover } from "./camera.ts";
import type { Home } from "./card/home.ts";
import { NowCard } from "./card/now-card.tsx";
import type { Box } from "./geometry.ts";
import { MapCanvas } from "./map-canvas.tsx";
import type { MapStore } from "./map-store.ts";
import { MapTools } from "./map-tools.tsx";
import { OfflineNote } from "./offline-note.tsx";
import { OpenSheet } from "./open-sheet.tsx";
import { Places } from "./places.tsx";
import type { AirStore } from "./station/air-store.ts";
import { TimeBar } from "./time/time-bar.tsx";

interface MapPageProps {
  readonly store: MapStore;
  readonly air: AirStore;
  readonly views: ViewStore;
  readonly home: Home;
  readonly bulletins: ReadonlySignal<BulletinList | null>;
  /** A newer version of the page is there. */
  readonly isOutdated: ReadonlySignal<boolean>;
}

function TopBar({ store, views }: Pick<MapPageProps, "store" | "views">) {
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
        <a
          class="button"
          href={views.hrefOf({ kind: isList ? "map" : "list" })}
          aria-current={isList ? "page" : undefined}
        >
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

/** All places of the page, and the areas of their municipalities, which follow the places and not each reading. */
function usePlaces(store: MapStore) {
  const places = useComputed(() =>
    [...store.stations.value.values(), ...store.sites.value.values()].map(({ geometry }) => geometry.coordinates),
  );
  const placesKey = useComputed(() => places.value.join(";"));
  const areas = useComputed(() => {
    void placesKey.value;
    return areasOf([...store.stations.peek().values(), ...store.sites.peek().values()]);
  });
  return { places, areas };
}

/** Keeps the map and the address together: the address' camera at the start, all places without one, later each move. */
function useCamera(map: Signal<MapLibreMap | undefined>, { store, views }: MapPageProps, isWide: boolean) {
  const { places, areas } = usePlaces(store);
  const box = useSignal<Box | null>(null);
  const hasLooked = useRef(views.camera.peek() !== null);
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

  useEffect(() => {
    const drawn = map.value;
    if (drawn === undefined) return;
    const look = () => {
      const { lng, lat } = drawn.getCenter();
      const bounds = drawn.getBounds();
      box.value = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
      if (hasLooked.current) views.show({ camera: { lng, lat, zoom: drawn.getZoom() } });
    };
    look();
    drawn.on("moveend", look);
    return () => void drawn.off("moveend", look);
  }, [map.value]);

  return { places, areas, box };
}

/** The public map: how bad it is and what to do first, everything at a glance, and one sheet with what was asked for. */
export function MapPage(props: MapPageProps) {
  const { store, air, views, home } = props;
  const { words } = useSpeech();
  const isWide = useMedia(WIDE);
  const map = useSignal<MapLibreMap | undefined>(undefined);
  const hasNoMap = useSignal(false);
  const { places, areas, box } = useCamera(map, props, isWide);
  const hasDemo = useComputed(() =>
    [...store.stations.value.values(), ...store.sites.value.values()].some(({ properties }) => properties.demo),
  );
  return (
    <div class="map-page" data-open={views.view.value.kind}>
      <TopBar store={store} views={views} />
      <BulletinBanner list={props.bulletins} nowMs={store.nowMs} />
      <OfflineNote store={store} isOutdated={props.isOutdated} />
      {hasDemo.value && <p class="banner">{words.marks.banner}</p>}
      <main>
        <NowCard store={store} air={air} views={views} home={home} box={box} />
        <MapCanvas
          map={map}
          camera={views.camera.value}
          areas={areas.value}
          label={words.map.mapLabel}
          onFail={() => {
            hasNoMap.value = true;
          }}
        >
          {map.value !== undefined && (
            <>
              <Places map={map.value} store={store} air={air} views={views} areas={areas.value} isWide={isWide} />
              <MapTools map={map.value} onShowAll={() => map.value && showAll(map.value, places.value, isWide, true)} />
            </>
          )}
        </MapCanvas>
        {views.atMs.value !== null && <div class="past-frame" />}
        <div class="notices">
          {store.trouble.value !== null && <Trouble code={store.trouble.value} onRetry={() => void store.refetch()} />}
          {hasNoMap.value && <p class="notice">{words.map.noMap}</p>}
          {store.isLoaded.value && places.value.length === 0 && <p class="notice">{words.map.nothingYet}</p>}
        </div>
        <a class="button legend-open" href={views.hrefOf({ kind: "legend" })}>
          {words.map.legend}
        </a>
        <TimeBar store={store} views={views} />
        <OpenSheet store={store} air={air} views={views} home={home} />
      </main>
    </div>
  );
}
