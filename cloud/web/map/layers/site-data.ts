import type { SiteFeature } from "../../../http/schemas.ts";
import { isDirty, stateOrder, stateRank } from "../../page/site-state.ts";
import { nameOfSite } from "../marks/mark-look.ts";
import type { DrawnPlace } from "./place-layers.ts";

/** A site as the map draws it: a dirty one is larger and lies above its clean neighbours. */
export function drawnSite({ id, geometry, properties: { state, demo } }: SiteFeature): DrawnPlace {
  const properties = {
    icon: nameOfSite(state, demo),
    order: stateOrder.length - stateRank(state),
    scale: isDirty(state) ? 1 : 0.8,
  };
  return { id, at: geometry.coordinates, properties };
}
