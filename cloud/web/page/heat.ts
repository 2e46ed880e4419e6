import type { PhotoView } from "../../http/schemas.ts";

export type HeatView = NonNullable<PhotoView["heat"]>;

/** The nine parts of a photo, three by three. */
const PARTS = [
  ["top-left", "top", "top-right"],
  ["left", "middle", "right"],
  ["bottom-left", "bottom", "bottom-right"],
] as const;
export type PhotoPart = (typeof PARTS)[number][number];

/** Of a cell's byte: this says nothing of waste; see `Heat` in the contract. */
const NOTHING = 128;
/** Two logits: what is paler than this is noise, and not painted. */
const FAINT = NOTHING + 8;
/** Fourteen logits and more have the full colour. */
const FULL = NOTHING + 56;
const MAX_CELLS = 1024;

/** The cells of a map, row by row; undefined for what is no map, whoever sent it. */
export function cellsOf({ w, h, cells }: HeatView): readonly number[] | undefined {
  if (!(w >= 1 && h >= 1 && w * h <= MAX_CELLS)) return undefined;
  try {
    const bytes = Array.from(atob(cells), (letter) => letter.charCodeAt(0));
    return bytes.length === w * h ? bytes : undefined;
  } catch {
    // Not base64: there is no picture of it.
    return undefined;
  }
}

/** How strongly a cell is painted, 0 to 1. */
export const strengthOf = (cell: number): number => Math.min(1, Math.max(0, (cell - FAINT) / (FULL - FAINT)));

/** Which part of the photo speaks most for waste, in words of its place; null where none does. */
export function warmestPart(heat: HeatView): PhotoPart | null {
  const cells = cellsOf(heat);
  if (cells === undefined) return null;
  const warmth = new Map<PhotoPart, number>();
  for (const [index, cell] of cells.entries()) {
    const row = PARTS[Math.floor((((index / heat.w) | 0) + 0.5) * (3 / heat.h))];
    const part = row?.[Math.floor(((index % heat.w) + 0.5) * (3 / heat.w))];
    if (part !== undefined) warmth.set(part, (warmth.get(part) ?? 0) + strengthOf(cell));
  }
  const [best] = [...warmth].sort(([, a], [, b]) => b - a);
  return best === undefined || best[1] === 0 ? null : best[0];
}
