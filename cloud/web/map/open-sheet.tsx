import { useSpeech } from "../page/language.ts";
import type { ViewStore } from "./address/view-store.ts";
import type { Home } from "./card/home.ts";
import { Comparison } from "./compare/comparison.tsx";
import { Legend } from "./legend/legend.tsx";
import { PlaceList } from "./list/place-list.tsx";
import type { MapStore } from "./map-store.ts";
import { Sheet } from "./sheet.tsx";
import { SitePanel } from "./site-panel.tsx";
import type { AirStore } from "./station/air-store.ts";
import { StationPanel } from "./station/station-panel.tsx";
import "./panel.css";

interface OpenSheetProps {
  readonly store: MapStore;
  readonly air: AirStore;
  readonly views: ViewStore;
  readonly home: Home;
}

function ListSheet({ store, air, views, onClose }: OpenSheetProps & { onClose(): void }) {
  const { words } = useSpeech();
  const counts = `${words.map.stationCount(air.seen.value.size)}, ${words.map.siteCount(store.sites.value.size)}`;
  return (
    <Sheet about="list" title={words.map.list} subtitle={counts} onClose={onClose}>
      <PlaceList store={store} air={air} views={views} />
      <a class="button narrow-only" href="/desk">
        {words.map.desk}
      </a>
    </Sheet>
  );
}

function PlaceSheet({ store, air, views, home, onClose }: OpenSheetProps & { onClose(): void }) {
  const { words, name } = useSpeech();
  const view = views.view.value;
  if (view.kind !== "station" && view.kind !== "site") return null;
  const station = view.kind === "station" ? store.stations.value.get(view.id) : undefined;
  const site = view.kind === "site" ? store.sites.value.get(view.id) : undefined;
  const place = station ?? site;
  if (place === undefined) {
    return (
      <Sheet about={view.id} title={words.map[view.kind]} onClose={onClose}>
        <p class="empty">{store.isLoaded.value ? words.map.notHere : words.loading}</p>
      </Sheet>
    );
  }
  const { properties } = place;
  return (
    <Sheet
      about={view.id}
      title={name(properties.name)}
      subtitle={`${words.map[view.kind]} · ${name(properties.municipalityName)}`}
      onClose={onClose}
    >
      {station !== undefined && (
        <StationPanel
          key={station.id}
          station={station}
          lens={air.lens.value}
          minuteMs={air.minuteMs.value}
          views={views}
          home={home}
        />
      )}
      {site !== undefined && <SitePanel key={site.id} site={site} />}
    </Sheet>
  );
}

/** The sheet that the address asks for: a place, a comparison, the list, the legend, or none. */
export function OpenSheet(props: OpenSheetProps) {
  const { words } = useSpeech();
  const { air, views } = props;
  const view = views.view.value;
  const close = () => views.open({ kind: "map" });
  switch (view.kind) {
    case "map":
      return null;
    case "list":
      return <ListSheet {...props} onClose={close} />;
    case "legend":
      return (
        <Sheet about="legend" title={words.map.legend} onClose={close}>
          <Legend air={air} views={views} />
        </Sheet>
      );
    case "compare":
      return (
        <Sheet about="compare" title={words.air.compareTitle} subtitle={words.air.compareHint} onClose={close}>
          <Comparison ids={view.ids} air={air} views={views} />
        </Sheet>
      );
    case "station":
    case "site":
      return <PlaceSheet {...props} onClose={close} />;
    default:
      return view satisfies never;
  }
}
