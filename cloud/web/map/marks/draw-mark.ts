import { badgeGlyph } from "./badge-glyph.ts";
import type { MarkLook } from "./mark-look.ts";

/** Side of the square that a mark is drawn in, in CSS pixels: room for the disc, its badge and the wind around it. */
export const MARK_PX = 56;
const RADIUS = 17;
const EDGE = "#182025";
const PAPER = "#ffffff";
const GREY = "#c6cccf";

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

function disc(pen: Pen, radius: number): void {
  pen.beginPath();
  pen.arc(0, 0, radius, 0, 2 * Math.PI);
}

function square(pen: Pen, half: number): void {
  pen.beginPath();
  pen.roundRect(-half, -half, 2 * half, 2 * half, 6);
}

/** Diagonal white stripes over the disc: the value is drawn, and drawn as doubtful. */
function hatch(pen: Pen): void {
  pen.save();
  disc(pen, RADIUS);
  pen.clip();
  pen.strokeStyle = PAPER;
  pen.lineWidth = 3;
  for (let x = -2 * RADIUS; x <= 2 * RADIUS; x += 7) {
    pen.beginPath();
    pen.moveTo(x - RADIUS, RADIUS);
    pen.lineTo(x + RADIUS, -RADIUS);
    pen.stroke();
  }
  pen.restore();
}

function edge(pen: Pen, { isDemo, isReplay }: MarkLook, outline: () => void, inner: () => void): void {
  pen.lineWidth = 2;
  pen.strokeStyle = EDGE;
  pen.setLineDash(isDemo ? [4, 3] : []);
  outline();
  pen.stroke();
  pen.setLineDash([]);
  if (!isReplay) return;
  pen.lineWidth = 1.5;
  inner();
  pen.stroke();
}

/** The number, as large as it fits; over stripes it stands on a plate of its own. */
function write(pen: Pen, text: string, ink: string, onPlate: boolean): void {
  const sizePx = text.length <= 2 ? 15 : text.length === 3 ? 13.5 : text.length === 4 ? 11.5 : 9.5;
  pen.font = `700 ${sizePx}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  if (onPlate) {
    const half = Math.min(RADIUS - 1, pen.measureText(text).width / 2 + 3);
    pen.fillStyle = PAPER;
    pen.beginPath();
    pen.roundRect(-half, -8.5, 2 * half, 17, 4);
    pen.fill();
  }
  pen.fillStyle = ink;
  pen.fillText(text, 0, sizePx * 0.36);
}

function fillOf(pen: Pen, look: MarkLook): void {
  const colour = look.colour === null ? "#f2f4f2" : `#${look.colour}`;
  switch (look.shape) {
    case "offline":
      pen.fillStyle = GREY;
      square(pen, 14);
      pen.fill();
      return;
    case "never":
      pen.fillStyle = PAPER;
      disc(pen, 10);
      pen.fill();
      return;
    case "late":
      // A ring: the colour of the last value around an empty middle.
      pen.fillStyle = colour;
      disc(pen, RADIUS);
      pen.fill();
      pen.fillStyle = PAPER;
      disc(pen, RADIUS - 5.5);
      pen.fill();
      return;
    case "live":
      pen.fillStyle = colour;
      disc(pen, RADIUS);
      pen.fill();
      if (look.isDoubtful) hatch(pen);
      return;
    default:
      look.shape satisfies never;
  }
}

/** Draws a station's mark around the origin. */
export function drawMark(pen: Pen, look: MarkLook): void {
  const { shape } = look;
  const isSquare = shape === "offline";
  const radius = shape === "never" ? 10 : RADIUS;
  const outline = isSquare ? () => square(pen, 14) : () => disc(pen, radius);
  pen.lineWidth = 6;
  pen.strokeStyle = PAPER;
  outline();
  pen.stroke();
  fillOf(pen, look);
  if (shape === "never") pen.setLineDash([1.5, 3]);
  edge(pen, look, outline, isSquare ? () => square(pen, 10.5) : () => disc(pen, radius - 3.5));
  if (shape === "late") {
    pen.lineWidth = 1;
    disc(pen, RADIUS - 5.5);
    pen.stroke();
  }
  const isPlain = shape === "live" && !look.isDoubtful;
  write(pen, look.label, isPlain ? `#${look.ink}` : EDGE, shape === "live" && look.isDoubtful);
  if (look.badge !== null) badgeGlyph(pen, look.badge, 13, -13);
}

/** Draws a cluster: its worst member, larger, on a pile, with how many it stands for below. */
export function drawCluster(pen: Pen, look: MarkLook, count: string): void {
  pen.save();
  for (const [dx, dy] of [
    [5, -3],
    [2.5, -1.5],
  ] as const) {
    pen.fillStyle = PAPER;
    pen.strokeStyle = EDGE;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(dx, dy, RADIUS, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
  drawMark(pen, look);
  pen.font = '700 11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
  const text = `×${count}`;
  const half = pen.measureText(text).width / 2 + 5;
  pen.fillStyle = EDGE;
  pen.beginPath();
  pen.roundRect(-half, 12, 2 * half, 15, 7);
  pen.fill();
  pen.fillStyle = PAPER;
  pen.textAlign = "center";
  pen.fillText(text, 0, 23.5);
  pen.restore();
}

/** Arrows reach beyond the mark. */
export const WIND_PX = 72;

/** An arrow's head at the edge of the disc, pointing up (the map turns it); more heads for a stronger wind. */
export function drawWind(pen: Pen, strength: number): void {
  pen.fillStyle = "#12395c";
  pen.strokeStyle = PAPER;
  pen.lineWidth = 2;
  for (let i = 0; i < strength; i++) {
    const tip = -WIND_PX / 2 + 2 + i * 5;
    const half = 6.5 + i * 1.5;
    pen.beginPath();
    pen.moveTo(0, tip);
    pen.lineTo(half, tip + 10);
    pen.lineTo(0, tip + 7);
    pen.lineTo(-half, tip + 10);
    pen.closePath();
    pen.stroke();
    pen.fill();
  }
}
