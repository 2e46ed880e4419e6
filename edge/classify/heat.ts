import type { Heat } from "#contract/messages.ts";
import type { HeatMap, Part } from "./classifier.ts";

/** Of the wire: this byte says nothing, and a step is a quarter of a logit; see `Heat` in the contract. */
const NOTHING = 128;
const STEPS_PER_LOGIT = 4;

/** The part of a network's map that shows the photo, in cells of about the same size. */
export function heatOfPhoto(map: HeatMap, { left, top, width, height }: Part): HeatMap {
  if (width === 1 && height === 1) return map;
  const columns = overlaps(map.widthCells, left, width);
  const rows = overlaps(map.heightCells, top, height);
  const values = new Float32Array(columns.length * rows.length);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      let sum = 0;
      let weights = 0;
      for (const [atY, weightY] of row) {
        for (const [atX, weightX] of column) {
          sum += weightY * weightX * (map.values[atY * map.widthCells + atX] ?? 0);
          weights += weightY * weightX;
        }
      }
      values[y * columns.length + x] = sum / weights;
    }
  }
  return { heightCells: rows.length, widthCells: columns.length, values };
}

/** For each new cell along one side: the old cells that it overlaps, each with how much of it. */
function overlaps(cells: number, start: number, size: number): (readonly [number, number])[][] {
  const count = Math.max(1, Math.round(cells * size));
  return Array.from({ length: count }, (_, index) => {
    const from = cells * (start + (index / count) * size);
    const to = cells * (start + ((index + 1) / count) * size);
    const first = Math.floor(from);
    return Array.from({ length: Math.max(1, Math.ceil(to) - first) }, (__, offset): [number, number] => {
      const cell = first + offset;
      return [cell, Math.max(1e-6, Math.min(to, cell + 1) - Math.max(from, cell))];
    });
  });
}

/** A map as it is signed and sent. */
export function heatOnWire({ widthCells, heightCells, values }: HeatMap): Heat {
  const cells = Buffer.alloc(values.length);
  for (const [index, value] of values.entries()) {
    cells[index] = Math.min(255, Math.max(0, Math.round(NOTHING + STEPS_PER_LOGIT * value)));
  }
  return { w: widthCells, h: heightCells, cells: cells.toString("base64") };
}
