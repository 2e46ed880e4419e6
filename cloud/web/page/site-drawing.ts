import type { SiteMapState } from "../../http/schemas.ts";

/** One part of a drawing: an SVG path, and whether it is a bold stroke, a line or a filled shape. */
export interface DrawnPart {
  readonly as: "stroke" | "line" | "fill";
  readonly d: string;
}

const bin = "M6.5 9h11l-.9 10.2a1 1 0 0 1-1 .8H8.4a1 1 0 0 1-1-.8L6.5 9Z";

/** Widths of strokes, in the drawing's own units. */
export const STROKE_WIDTH = { stroke: 2.6, line: 2, fill: 1 } as const satisfies Record<DrawnPart["as"], number>;

/** The drawing of each state inside a 24 × 24 square: a symbol of its own, so that colour never stands alone. */
export const siteDrawing: Readonly<Record<SiteMapState, readonly DrawnPart[]>> = {
  clean: [{ as: "stroke", d: "m5.5 12.5 4.3 4.3 8.7-9.3" }],
  overflow: [
    { as: "fill", d: bin },
    { as: "stroke", d: "M7 6.5 9.5 3l2.5 3 2.8-3.4L17 6.5" },
  ],
  scattered: [
    { as: "fill", d: "M9 5h6l-.6 7.5H9.6L9 5Z" },
    { as: "stroke", d: "M3.5 18.5h3M9 20h3.5M15 17.5h2M19 20.5h2M5.5 14.5h1.5M18 13.8h2" },
  ],
  not_a_site: [
    { as: "line", d: "M19.5 12a7.5 7.5 0 1 1-15 0a7.5 7.5 0 1 1 15 0Z" },
    { as: "stroke", d: "m7 17 10-10" },
  ],
  unusable: [
    { as: "line", d: "M4 8h4l1.5-2h5L16 8h4v10H4V8Z" },
    { as: "stroke", d: "M4 20.5 20 4.5" },
  ],
  unsure: [{ as: "stroke", d: "M8.3 9.2a3.8 3.8 0 1 1 5.6 3.3c-1.3.7-1.9 1.4-1.9 2.6M12 19v.2" }],
  unknown: [{ as: "line", d: bin }],
};
