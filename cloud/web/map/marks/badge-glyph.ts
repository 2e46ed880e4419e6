import type { Pen } from "./draw-mark.ts";
import type { Badge } from "./mark-look.ts";

const EDGE = "#182025";
const RADIUS = 8.5;

function snowflake(pen: Pen): void {
  for (let i = 0; i < 3; i++) {
    const angle = (i * Math.PI) / 3 + Math.PI / 6;
    const [x, y] = [5.5 * Math.cos(angle), 5.5 * Math.sin(angle)];
    pen.moveTo(-x, -y);
    pen.lineTo(x, y);
  }
  pen.stroke();
}

function sun(pen: Pen): void {
  pen.arc(0, 0, 2.6, 0, 2 * Math.PI);
  for (let i = 0; i < 8; i++) {
    const angle = (i * Math.PI) / 4;
    pen.moveTo(4 * Math.cos(angle), 4 * Math.sin(angle));
    pen.lineTo(6 * Math.cos(angle), 6 * Math.sin(angle));
  }
  pen.stroke();
}

function drop(pen: Pen): void {
  pen.moveTo(0, -6);
  pen.bezierCurveTo(2, -2.5, 4.3, -0.5, 4.3, 2);
  pen.arc(0, 2, 4.3, 0, Math.PI);
  pen.bezierCurveTo(-4.3, -0.5, -2, -2.5, 0, -6);
  pen.fill();
}

function backArrow(pen: Pen): void {
  pen.arc(0, 0, 4.4, -Math.PI * 0.35, Math.PI * 1.15);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(-1.5, -5.2);
  pen.lineTo(3.5, -6.6);
  pen.lineTo(3, -1.8);
  pen.closePath();
  pen.fill();
}

function clock(pen: Pen): void {
  pen.arc(0, 0, 5.2, 0, 2 * Math.PI);
  pen.moveTo(0, -3.4);
  pen.lineTo(0, 0);
  pen.lineTo(2.6, 1.4);
  pen.stroke();
}

function exclamation(pen: Pen): void {
  pen.roundRect(-1.1, -5.5, 2.2, 6.8, 1);
  pen.roundRect(-1.1, 3, 2.2, 2.4, 1);
  pen.fill();
}

const glyphs = {
  cold: snowflake,
  hot: sun,
  humid: drop,
  replayed: backArrow,
  clock,
  doubt: exclamation,
} as const satisfies Record<Badge, (pen: Pen) => void>;

/** Draws a badge: a white disc with the sign of one reason, readable without colour. */
export function badgeGlyph(pen: Pen, badge: Badge, x: number, y: number): void {
  pen.save();
  pen.translate(x, y);
  pen.fillStyle = "#ffffff";
  pen.strokeStyle = EDGE;
  pen.lineWidth = 1.25;
  pen.beginPath();
  pen.arc(0, 0, RADIUS, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  pen.fillStyle = EDGE;
  pen.lineWidth = 1.4;
  pen.lineCap = "round";
  pen.beginPath();
  glyphs[badge](pen);
  pen.restore();
}
