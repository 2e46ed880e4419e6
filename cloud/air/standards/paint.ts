import type { Category } from "./standard.ts";

/** Which colours of a standard are shown. */
export type Palette = "official" | "safe";

/** A category's colour and the ink that reads on it (at least 4.5 to 1, WCAG 2.2 contrast minimum). */
export function paintOf(category: Category, palette: Palette): { readonly colour: string; readonly ink: string } {
  const colour = palette === "safe" ? category.safeColour : category.colour;
  const light = luminanceOf(colour);
  return { colour, ink: (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) ? "#000000" : "#ffffff" };
}

/** Relative luminance of a colour `#rrggbb` (WCAG 2.2). */
export function luminanceOf(colour: string): number {
  const part = (from: number) => {
    const share = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}
