import { SiteMapState } from "../../../http/schemas.ts";

/** A small sign at the edge of a mark: the one reason that matters most. */
export const badges = ["doubt", "cold", "hot", "humid", "replayed", "clock"] as const;
export type Badge = (typeof badges)[number];

/** The outline says how fresh a station is: a full disc, a ring, a square, a small dotted circle. */
export const shapes = ["live", "late", "offline", "never"] as const;
export type Shape = (typeof shapes)[number];

/** All that is drawn of a station; it is a text at the same time, because the map asks for pictures by name. */
export interface MarkLook {
  readonly shape: Shape;
  /** The number on the mark; a dash where there is none. */
  readonly label: string;
  /** Six hex digits; null where the chosen standard says nothing of the value. */
  readonly colour: string | null;
  readonly ink: string;
  readonly badge: Badge | null;
  /** Hatched: the value itself is to be doubted. */
  readonly isDoubtful: boolean;
  /** Dashed edge: a made-up place. */
  readonly isDemo: boolean;
  /** Double edge: a recording is played. */
  readonly isReplay: boolean;
}

const BETWEEN = "~";

/** The name of a mark's picture. */
export function nameOfMark(look: MarkLook): string {
  const flags = `${look.isDoubtful ? "d" : ""}${look.isDemo ? "m" : ""}${look.isReplay ? "r" : ""}`;
  return ["m", look.shape, look.label, look.colour ?? "", look.ink, look.badge ?? "", flags].join(BETWEEN);
}

/** The name of a cluster's picture: its worst member's mark, how many it stands for, and whether one of them is doubtful. */
export const nameOfCluster = (worst: string, count: number | string, hasDoubt = false): string =>
  `c${BETWEEN}${count}${hasDoubt ? DOUBT : ""}${BETWEEN}${worst}`;

const DOUBT = "!";

/** What a picture of that name shows; undefined for a name that is none of ours. */
export type Picture =
  | { readonly kind: "mark"; readonly look: MarkLook }
  | { readonly kind: "cluster"; readonly count: string; readonly look: MarkLook }
  | { readonly kind: "site"; readonly state: SiteMapState; readonly isDemo: boolean }
  | { readonly kind: "wind"; readonly strength: number };

export function pictureOf(name: string): Picture | undefined {
  const [kind, ...rest] = name.split(BETWEEN);
  if (kind === "w") return { kind: "wind", strength: Number(rest[0]) };
  if (kind === "c") {
    const [count = "", ...worst] = rest;
    const inner = pictureOf(worst.join(BETWEEN));
    if (inner?.kind !== "mark") return undefined;
    const hasDoubt = count.endsWith(DOUBT);
    return {
      kind: "cluster",
      count: hasDoubt ? count.slice(0, -DOUBT.length) : count,
      look: { ...inner.look, badge: hasDoubt ? "doubt" : null },
    };
  }
  if (kind === "s") {
    const state = SiteMapState.safeParse(rest[0]).data;
    return state === undefined ? undefined : { kind: "site", state, isDemo: rest[1] === "m" };
  }
  return markPicture(kind, rest);
}

function markPicture(kind: string | undefined, rest: readonly string[]): Picture | undefined {
  const [shape, label = "", colour = "", ink = "", badge, flags = ""] = rest;
  const known = shapes.find((one) => one === shape);
  if (kind !== "m" || known === undefined) return undefined;
  const look: MarkLook = {
    shape: known,
    label,
    colour: colour === "" ? null : colour,
    ink,
    badge: badges.find((one) => one === badge) ?? null,
    isDoubtful: flags.includes("d"),
    isDemo: flags.includes("m"),
    isReplay: flags.includes("r"),
  };
  return { kind: "mark", look };
}

/** The name of a site's picture. */
export const nameOfSite = (state: SiteMapState, isDemo: boolean): string =>
  `s${BETWEEN}${state}${BETWEEN}${isDemo ? "m" : ""}`;

/** A breeze, a wind, a strong wind: upper edges in m/s (Beaufort 3 and 5). */
const WIND_EDGES = [5.4, 10.7];

/** The name of the arrow for a wind speed. */
export const nameOfWind = (speedMs: number): string => {
  const stronger = WIND_EDGES.findIndex((edge) => speedMs <= edge);
  return `w${BETWEEN}${stronger === -1 ? WIND_EDGES.length + 1 : stronger + 1}`;
};
