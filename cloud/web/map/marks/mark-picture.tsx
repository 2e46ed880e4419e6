import { useEffect, useRef } from "preact/hooks";
import { badgeGlyph } from "./badge-glyph.ts";
import { drawCluster, drawMark, MARK_PX } from "./draw-mark.ts";
import { type Badge, type MarkLook, nameOfCluster, nameOfMark, pictureOf } from "./mark-look.ts";

/** Draws a picture by its name into a canvas of `sizePx`; the same drawing as on the map. */
function paint(canvas: HTMLCanvasElement, name: string, sizePx: number): void {
  const pen = canvas.getContext("2d");
  const picture = pictureOf(name);
  if (pen === null || picture === undefined) return;
  const scale = window.devicePixelRatio;
  canvas.width = sizePx * scale;
  canvas.height = sizePx * scale;
  pen.scale((sizePx * scale) / MARK_PX, (sizePx * scale) / MARK_PX);
  pen.translate(MARK_PX / 2, MARK_PX / 2);
  if (picture.kind === "mark") drawMark(pen, picture.look);
  if (picture.kind === "cluster") drawCluster(pen, picture.look, picture.count);
}

interface MarkPictureProps {
  readonly look: MarkLook;
  readonly sizePx?: number;
  /** Draws a cluster of so many with this as its worst. */
  readonly count?: number;
}

/** A station's mark as it is on the map; words must stand beside it. */
export function MarkPicture({ look, sizePx = MARK_PX, count }: MarkPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const name = count === undefined ? nameOfMark(look) : nameOfCluster(nameOfMark(look), count);
  useEffect(() => {
    if (canvas.current !== null) paint(canvas.current, name, sizePx);
  }, [name, sizePx]);
  return (
    <span
      class="mark-picture"
      aria-hidden="true"
      data-shape={look.shape}
      data-badge={look.badge ?? "none"}
      data-label={look.label}
    >
      <canvas ref={canvas} style={{ width: `${sizePx}px`, height: `${sizePx}px` }} />
    </span>
  );
}

const BADGE_PX = 22;

/** One badge alone, for the legend and lists of reasons. */
export function BadgePicture({ badge }: { readonly badge: Badge }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (canvas.current === null || pen === null || pen === undefined) return;
    const scale = window.devicePixelRatio;
    canvas.current.width = BADGE_PX * scale;
    canvas.current.height = BADGE_PX * scale;
    pen.scale(scale, scale);
    badgeGlyph(pen, badge, BADGE_PX / 2, BADGE_PX / 2);
  }, [badge]);
  return (
    <span class="badge-picture" aria-hidden="true" data-badge={badge}>
      <canvas ref={canvas} style={{ width: `${BADGE_PX}px`, height: `${BADGE_PX}px` }} />
    </span>
  );
}
