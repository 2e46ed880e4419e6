import type { Map as MapLibreMap } from "maplibre-gl";
import { drawCluster, drawMark, drawWind, MARK_PX, WIND_PX } from "../marks/draw-mark.ts";
import { drawSite } from "../marks/draw-site.ts";
import { pictureOf } from "../marks/mark-look.ts";

/** Marks are drawn for screens of two device pixels to one; coarser ones shrink them. */
const RATIO = 2;
/** A picture is about 50 KB: above so many the map forgets them all and asks again for those it needs. */
const MAX_PICTURES = 1_000;

function drawPicture(name: string): ImageData | undefined {
  const picture = pictureOf(name);
  if (picture === undefined) return undefined;
  const sidePx = picture.kind === "wind" ? WIND_PX : MARK_PX;
  const side = sidePx * RATIO;
  // Drawn where it is read: fetched back from the graphics card, one picture took a tenth of a second.
  const pen = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  if (pen === null) return undefined;
  pen.scale(RATIO, RATIO);
  pen.translate(sidePx / 2, sidePx / 2);
  switch (picture.kind) {
    case "mark":
      drawMark(pen, picture.look);
      break;
    case "cluster":
      drawCluster(pen, picture.look, picture.count);
      break;
    case "site":
      drawSite(pen, picture.state, picture.isDemo);
      break;
    case "wind":
      drawWind(pen, picture.strength);
      break;
    default:
      picture satisfies never;
  }
  return pen.getImageData(0, 0, side, side);
}

/** Draws what the map's layers ask for by name, when they first ask for it. */
export function drawOnDemand(map: MapLibreMap): void {
  const drawn = new Set<string>();
  map.setMissingStyleImageResolver((name) => {
    if (drawn.size >= MAX_PICTURES) {
      for (const old of drawn) if (map.hasImage(old)) map.removeImage(old);
      drawn.clear();
    }
    const picture = map.hasImage(name) ? undefined : drawPicture(name);
    if (picture === undefined) return;
    map.addImage(name, picture, { pixelRatio: RATIO });
    drawn.add(name);
  });
}
