import type { SiteMapState } from "../../http/schemas.ts";

/**
 * How a state is painted: colours of the Okabe-Ito set, which colour-blind people can tell apart, each with a symbol
 * of its own, so that colour never stands alone.
 */
export const statePaint = {
  clean: { colour: "#007a5a", ink: "#ffffff" },
  overflow: { colour: "#b94a00", ink: "#ffffff" },
  scattered: { colour: "#8e2c72", ink: "#ffffff" },
  not_a_site: { colour: "#2a5d87", ink: "#ffffff" },
  unusable: { colour: "#4b5257", ink: "#ffffff" },
  unsure: { colour: "#f0e442", ink: "#1d1c00" },
  unknown: { colour: "#ffffff", ink: "#4b5257" },
} as const satisfies Record<SiteMapState, { colour: string; ink: string }>;

/** States by how much they want attention, most first. */
export const stateOrder = ["overflow", "scattered", "unsure", "unusable", "not_a_site", "unknown", "clean"] as const;

/** Position of a state in that order: 0 wants attention most. */
export const stateRank = (state: SiteMapState): number => stateOrder.indexOf(state);

/** Whether somebody has to go and clean. */
export const isDirty = (state: SiteMapState): boolean => state === "overflow" || state === "scattered";
