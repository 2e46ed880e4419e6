import type { SiteMapState } from "../../../http/schemas.ts";
import { STROKE_WIDTH, siteDrawing } from "../../page/site-drawing.ts";
import { statePaint } from "../../page/site-state.ts";
import type { Pen } from "./draw-mark.ts";

/** Side of a site's square at full size, in CSS pixels. */
const SIDE = 28;

/** Draws a site's square with the symbol of its state around the origin; a made-up site has a dashed frame. */
export function drawSite(pen: Pen, state: SiteMapState, isDemo: boolean): void {
  const { colour, ink } = statePaint[state];
  pen.save();
  pen.beginPath();
  pen.roundRect(-SIDE / 2, -SIDE / 2, SIDE, SIDE, 7);
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 4;
  pen.stroke();
  pen.fillStyle = colour;
  pen.fill();
  pen.strokeStyle = "#182025";
  pen.lineWidth = 1.25;
  pen.setLineDash(isDemo ? [3, 2.5] : []);
  pen.stroke();
  pen.setLineDash([]);
  pen.translate(-12, -12);
  pen.strokeStyle = ink;
  pen.fillStyle = ink;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  for (const { as, d } of siteDrawing[state]) {
    const path = new Path2D(d);
    pen.lineWidth = STROKE_WIDTH[as];
    pen.stroke(path);
    if (as === "fill") pen.fill(path);
  }
  pen.restore();
}
