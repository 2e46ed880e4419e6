import type { Map as MapLibreMap } from "maplibre-gl";
import type { SiteFeature } from "../../http/schemas.ts";
import { useSpeech } from "../page/language.ts";
import { isDirty } from "../page/site-state.ts";
import type { Target } from "./layers/targets.ts";
import { MapMarker } from "./map-marker.tsx";
import { pictureOf } from "./marks/mark-look.ts";
import { sayCluster, saySite, sayStation } from "./say-place.ts";
import type { SeenStation } from "./station/air-store.ts";

interface TargetButtonProps {
  readonly map: MapLibreMap;
  readonly target: Target;
  readonly seen: SeenStation | undefined;
  readonly site: SiteFeature | undefined;
  readonly nowMs: number;
  readonly isOpen: boolean;
  onPress(): void;
}

const LAYERS = { cluster: 40, station: 30, site: 10 } as const satisfies Record<Target["kind"], number>;

/**
 * A button over a mark: it has no look of its own but a name, so that keyboards and screen readers reach what the map
 * only draws.
 */
export function TargetButton({ map, target, seen, site, nowMs, isOpen, onPress }: TargetButtonProps) {
  const speech = useSpeech();
  if (target.kind === "station" && seen === undefined) return null;
  if (target.kind === "site" && site === undefined) return null;
  const worst = target.kind === "cluster" ? pictureOf(target.worst) : undefined;
  const look = worst?.kind === "mark" ? worst.look : seen?.view.look;
  const label =
    target.kind === "cluster"
      ? sayCluster(speech, target.count, look?.label ?? "–")
      : seen !== undefined
        ? sayStation(speech, seen, nowMs)
        : site === undefined
          ? ""
          : saySite(speech, site);
  const state = site?.properties.state;
  const isAbove = isOpen || (state !== undefined && isDirty(state));
  return (
    <MapMarker map={map} at={target.at} layer={LAYERS[target.kind] + (isAbove ? 8 : 0)}>
      <button
        type="button"
        class={`place ${target.kind}-marker`}
        data-id={target.id}
        data-label={look?.label}
        data-shape={look?.shape}
        data-badge={look?.badge ?? undefined}
        data-category={seen?.view.judgement?.category.id ?? undefined}
        data-state={state}
        aria-label={label}
        title={label}
        aria-pressed={target.kind === "cluster" ? undefined : isOpen}
        onClick={(event) => {
          // The map would hear the same press as a click on what lies below.
          event.stopPropagation();
          onPress();
        }}
      />
    </MapMarker>
  );
}
