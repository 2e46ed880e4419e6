import { useSignal } from "@preact/signals";
import type { Map as MapLibreMap, MapMouseEvent } from "maplibre-gl";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { SiteFeature } from "../../http/schemas.ts";
import { useSpeech } from "../page/language.ts";
import { hashOf } from "./address/view-address.ts";
import type { ViewStore } from "./address/view-store.ts";
import type { Area } from "./background.ts";
import { showAll } from "./camera.ts";
import { type DrawnPlace, SITES, STATIONS, startPlaces } from "./layers/place-layers.ts";
import { drawnSite } from "./layers/site-data.ts";
import { type Target, targetsAt, targetsInView, zoomInto } from "./layers/targets.ts";
import { MapMarker } from "./map-marker.tsx";
import type { MapStore } from "./map-store.ts";
import type { AirStore } from "./station/air-store.ts";
import { TargetButton } from "./target-button.tsx";

interface PlacesProps {
  readonly map: MapLibreMap;
  readonly store: MapStore;
  readonly air: AirStore;
  readonly views: ViewStore;
  readonly areas: readonly Area[];
  readonly isWide: boolean;
}

/** Sites as drawn, each made once for each change of it. */
function createSiteDrawing(): (site: SiteFeature) => DrawnPlace {
  const known = new WeakMap<SiteFeature, DrawnPlace>();
  return (site) => {
    const drawn = known.get(site) ?? drawnSite(site);
    known.set(site, drawn);
    return drawn;
  };
}

/** Hands what is known to the map's layers, whenever it changes. */
function useDrawn({ map, store, air }: PlacesProps): void {
  const draw = useMemo(
    () => ({ stations: startPlaces(map, STATIONS), sites: startPlaces(map, SITES), siteOf: createSiteDrawing() }),
    [map],
  );
  const seen = air.seen.value;
  const sites = store.sites.value;
  useEffect(() => draw.stations([...seen.values()].map(({ drawn }) => drawn)), [draw, seen]);
  useEffect(() => draw.sites([...sites.values()].map(draw.siteOf)), [draw, sites]);
}

/**
 * What can be pressed in the window, known anew when the map rests, and after what is opened or pressed: that may lie over
 * a mark, or lay one bare.
 */
function useTargets(
  map: MapLibreMap,
  openIds: readonly string[],
  opened: string,
  press: (target: Target) => void,
): readonly Target[] {
  const targets = useSignal<readonly Target[]>([]);
  const open = useRef(openIds);
  open.current = openIds;
  useEffect(() => {
    const look = () => {
      const found = targetsInView(map, open.current);
      if (JSON.stringify(found) !== JSON.stringify(targets.peek())) targets.value = found;
    };
    const click = (event: MapMouseEvent) => {
      const [target] = targetsAt(map, event.point);
      if (target !== undefined) press(target);
    };
    const rest = () => map.triggerRepaint();
    map.on("idle", look);
    map.on("click", click);
    window.addEventListener("click", rest);
    look();
    return () => {
      map.off("idle", look);
      map.off("click", click);
      window.removeEventListener("click", rest);
    };
  }, [map]);
  useEffect(() => map.triggerRepaint(), [map, opened]);
  return targets.value;
}

/** The municipalities' names, each a way to look closer, and a button over each mark of the window. */
export function Places(props: PlacesProps) {
  const { map, store, air, views, areas, isWide } = props;
  const { words, name } = useSpeech();
  useDrawn(props);
  const press = (target: Target): void => {
    if (target.kind === "cluster") void zoomInto(map, target);
    else views.open({ kind: target.kind, id: target.id });
  };
  const view = views.view.value;
  const openIds = "ids" in view ? view.ids : "id" in view ? [view.id] : [];
  const targets = useTargets(map, openIds, hashOf(view), press);
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
      {targets.map((target) => (
        <TargetButton
          key={`${target.kind}/${target.id}`}
          map={map}
          target={target}
          seen={target.kind === "station" ? air.seen.value.get(target.id) : undefined}
          site={target.kind === "site" ? store.sites.value.get(target.id) : undefined}
          nowMs={air.lens.value.moment.nowMs}
          isOpen={openIds.includes(target.id)}
          onPress={() => press(target)}
        />
      ))}
    </>
  );
}
