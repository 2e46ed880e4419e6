import { DESCRIPTOR_LENGTH } from "./descriptors.ts";
import type { PhotoMarks } from "./photo-marks.ts";

/** How much of two photos' structure agrees. */
export interface Structure {
  /** Spots of one photo that have exactly one counterpart in the other. */
  readonly matches: number;
  /** Those of them that lie as they would if the camera had moved, turned a little and come nearer. */
  readonly agreeing: number;
}

interface Match {
  readonly x: number;
  readonly y: number;
  readonly level: number;
  readonly toX: number;
  readonly toY: number;
  readonly toLevel: number;
}

/** Lowe 2004, 7.1, squared: the second best counterpart must be clearly worse, else the spot is one of many alike. */
const RATIO_SQUARED = 0.85 ** 2;
/** Of the long side: what a change of perspective may move a spot beside the place that a similarity gives it. */
const NEAR = 0.07;
/** The strongest spots come first. All pairs of 200 would hold up the program for a second, just where two photos are alike. */
const MOST_PROPOSING = 48;

/** Matches the spots of two photos by their descriptors, and counts how many lie consistently. */
export function structureOf(before: PhotoMarks, after: PhotoMarks): Structure {
  const found = mutualMatches(before, after);
  return { matches: found.length, agreeing: agreeingOf(found) };
}

function mutualMatches(before: PhotoMarks, after: PhotoMarks): Match[] {
  const [rows, columns] = [before.keypoints.length, after.keypoints.length];
  const best = new Int32Array(rows).fill(-1);
  const nearest = new Int32Array(columns).fill(-1);
  const nearestAt = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < rows; i += 1) {
    let first = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    for (let j = 0; j < columns; j += 1) {
      const distance = distanceOf(before.descriptors, i, after.descriptors, j);
      if (distance < first) {
        second = first;
        first = distance;
        best[i] = j;
      } else if (distance < second) second = distance;
      if (distance < (nearestAt[j] ?? 0)) {
        nearestAt[j] = distance;
        nearest[j] = i;
      }
    }
    if (first > RATIO_SQUARED * second) best[i] = -1;
  }
  return before.keypoints.flatMap((spot, i) => {
    const j = best[i] ?? -1;
    const other = after.keypoints[j];
    if (other === undefined || nearest[j] !== i) return [];
    const [from, to] = [scaleOf(before), scaleOf(after)];
    return [
      {
        x: spot.x * from.x,
        y: spot.y * from.y,
        level: spot.level,
        toX: other.x * to.x,
        toY: other.y * to.y,
        toLevel: other.level,
      },
    ];
  });
}

/** Places as shares of the long side, so that a turn is a turn. */
function scaleOf({ widthPx, heightPx }: PhotoMarks): { x: number; y: number } {
  const long = Math.max(widthPx, heightPx);
  return { x: widthPx / long, y: heightPx / long };
}

function distanceOf(a: Uint8Array, i: number, b: Uint8Array, j: number): number {
  let sum = 0;
  const [from, to] = [i * DESCRIPTOR_LENGTH, j * DESCRIPTOR_LENGTH];
  for (let k = 0; k < DESCRIPTOR_LENGTH; k += 1) {
    const difference = (a[from + k] ?? 0) - (b[to + k] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

/** The most matches that one similarity explains: each two of the strongest that are far enough apart propose one. */
function agreeingOf(found: readonly Match[]): number {
  let most = Math.min(found.length, 1);
  const proposing = found.slice(0, MOST_PROPOSING);
  for (const [i, a] of proposing.entries()) {
    for (const b of proposing.slice(i + 1)) {
      const [dx, dy, tx, ty] = [b.x - a.x, b.y - a.y, b.toX - a.toX, b.toY - a.toY];
      const squared = dx * dx + dy * dy;
      if (squared < 0.01) continue;
      // The complex number that turns and scales the one difference into the other.
      const cos = (dx * tx + dy * ty) / squared;
      const sin = (dx * ty - dy * tx) / squared;
      const scale = Math.sqrt(cos * cos + sin * sin);
      if (scale < 0.4 || scale > 2.5 || Math.abs(sin) > 0.35 * scale) continue;
      const count = found.filter(({ x, y, level, toX, toY, toLevel }) => {
        const [px, py] = [x - a.x, y - a.y];
        const offX = a.toX + cos * px - sin * py - toX;
        const offY = a.toY + sin * px + cos * py - toY;
        const levels = (toLevel - level) / 2 - Math.log2(scale);
        return offX * offX + offY * offY < NEAR * NEAR && Math.abs(levels) < 1.1;
      }).length;
      most = Math.max(most, count);
    }
  }
  return most;
}
