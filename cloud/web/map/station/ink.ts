const DARK = "182025";
const LIGHT = "ffffff";

/** Relative luminance of six hex digits (WCAG 2.2). */
export function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two colours, 1 to 21 (WCAG 2.2). */
export function contrast(a: string, b: string): number {
  const [one, other] = [luminance(a), luminance(b)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** The ink that reads better on a colour: dark or white; black where neither reaches 4.5. */
export function inkOn(hex: string): string {
  const best = contrast(hex, DARK) >= contrast(hex, LIGHT) ? DARK : LIGHT;
  return contrast(hex, best) >= 4.5 ? best : "000000";
}
