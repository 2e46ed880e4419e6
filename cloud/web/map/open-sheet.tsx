import { useSpeech } from "../page/language.ts";
import type { MapStore } from "./map-store.ts";
import { PlaceList } from "./place-list.tsx";
import { Sheet } from "./sheet.tsx";
import { SitePanel } from "./site-panel.tsx";
import { StationPanel } from "./station-panel.tsx";
import type { ViewStore } from "./view-store.ts";
import "./panel.css";

function ListSheet({ store, onClose }: { store: MapStore; onClose(): void }) {
  const { words } = useSpeech();
  const stations = [...store.stations.value.values()];
  const sites = [...store.sites.value.values()];
  return (
    <Sheet
      about="list"
      title={words.map.list}
      subtitle={`${words.map.stationCount(stations.length)}, ${words.map.siteCount(sites.length)}`}
      onClose={onClose}
    >
      <PlaceList stations={stations} sites={sites} nowMs={store.nowMs.value} staleAfterMs={store.staleAfterMs.value} />
      <a class="button narrow-only" href="/desk">
        {words.map.desk}
      </a>
    </Sheet>
  );
}

/** The sheet that the address asks for: a station, a site, the list, or none. */
export function OpenSheet({ store, views }: { readonly store: MapStore; readonly views: ViewStore }) {
  const { words, name } = useSpeech();
  const view = views.view.value;
  const close = () => views.open({ kind: "map" });
  if (view.kind === "map") return null;
  if (view.kind === "list") return <ListSheet store={store} onClose={close} />;

  const station = view.kind === "station" ? store.stations.value.get(view.id) : undefined;
  const site = view.kind === "site" ? store.sites.value.get(view.id) : undefined;
  const place = station ?? site;
  if (place === undefined) {
    return (
      <Sheet about={view.id} title={words.map[view.kind]} onClose={close}>
        <p class="empty">{store.isLoaded.value ? words.map.notHere : words.loading}</p>
      </Sheet>
    );
  }
  return (
    <Sheet
      about={view.id}
      title={name(place.properties.name)}
      subtitle={`${words.map[view.kind]} · ${name(place.properties.municipalityName)}`}
      onClose={close}
    >
      {station !== undefined && (
        <StationPanel
          key={station.id}
          station={station}
          nowMs={store.nowMs.value}
          staleAfterMs={store.staleAfterMs.value}
        />
      )}
      {site !== undefined && <SitePanel key={site.id} site={site} />}
    </Sheet>
  );
}
