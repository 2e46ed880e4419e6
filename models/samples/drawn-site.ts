import sharp from "sharp";
import { between, type Random, randomFrom, whole } from "../random.ts";

/** What to draw; the same request gives the same picture. */
export interface DrawnSite {
  readonly seed: number;
  readonly state: "clean" | "overflow" | "scattered";
  readonly widthPx?: number;
  readonly heightPx?: number;
}

// Everything is drawn on this sheet and then scaled to the size that was asked for.
const WIDTH = 1280;
const HEIGHT = 960;
const BAGS = ["#16181a", "#1f2226", "#2a2d33", "#e6e6e2", "#d7d9da", "#3b4f86", "#4f8a54", "#c9b25a"];
const PAINTS = ["#3f6b45", "#2f5a3c", "#4d7f52", "#4a6079", "#35507a", "#6a6f72", "#7d8385", "#8a6a3c"];
const LITTER = [
  "#e9e7df",
  "#d8d2c0",
  "#cfc8b8",
  "#b99668",
  "#a87f4e",
  "#c8ccd0",
  "#eceff0",
  "#8f9a8a",
  "#5f86b3",
  "#a8574e",
  "#3a3a3a",
];

/** Draws a believable waste site as a JPEG: the demo and the tests ship no real photos. */
export async function drawSite({ seed, state, widthPx = WIDTH, heightPx = HEIGHT }: DrawnSite): Promise<Uint8Array> {
  const random = randomFrom(seed * 7919 + state.length);
  const scene = drawScene(random, state);
  const grain = Buffer.from(
    Uint8Array.from({ length: widthPx * heightPx }, () => 128 + (random() + random() - 1) * 24),
  );
  return await sharp(Buffer.from(scene))
    .resize(widthPx, heightPx, { fit: "fill" })
    .modulate({ brightness: 0.85 + random() * 0.25, saturation: 0.75 + random() * 0.35 })
    .composite([{ input: grain, raw: { width: widthPx, height: heightPx, channels: 1 }, blend: "overlay" }])
    .jpeg({ quality: 80 })
    .toBuffer();
}

function pick(random: Random, choices: readonly string[]): string {
  return choices[Math.floor(random() * choices.length)] ?? "#888888";
}

function times(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join("");
}

function drawScene(random: Random, state: DrawnSite["state"]): string {
  const horizon = between(random, 330, 430);
  const ground = horizon + between(random, 60, 110);
  const hasSnow = random() < 0.25;
  const layers = [
    gradients(random, hasSnow),
    drawSky(random, horizon),
    drawBackground(random, horizon),
    drawGround(random, horizon, hasSnow),
    drawFence(random, horizon, ground),
    drawPad(random, ground),
    drawContainers(random, ground, state),
  ];
  // A crew stands close: the containers fill most of the frame.
  const closeness = between(random, 1.05, 1.2);
  const left = (WIDTH - WIDTH / closeness) / 2;
  const top = (HEIGHT - HEIGHT / closeness) * 0.62;
  const frame = `${left} ${top} ${WIDTH / closeness} ${HEIGHT / closeness}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${frame}" width="${WIDTH}" height="${HEIGHT}">${layers.join("")}</svg>`;
}

function gradients(random: Random, hasSnow: boolean): string {
  const [high, low] = pick(random, ["#6f9ccc #dfe8ee", "#b9c1c8 #e3e5e6", "#8f9aa6 #cfd4d6", "#7fa9d6 #f0e6d2"]).split(
    " ",
  );
  const [far, near] = hasSnow
    ? ["#cfd3d6", "#e6e9eb"]
    : pick(random, ["#77777a #5c5c60", "#8a8680 #6c6964", "#6a6c70 #4c4e52", "#938c80 #79736a"]).split(" ");
  return `<defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${high}"/><stop offset="1" stop-color="${low}"/></linearGradient>
    <linearGradient id="ground" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${far}"/><stop offset="1" stop-color="${near}"/></linearGradient>
    <linearGradient id="shade" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#000" stop-opacity="0.28"/><stop offset="0.3" stop-color="#fff" stop-opacity="0.1"/><stop offset="1" stop-color="#000" stop-opacity="0.34"/></linearGradient>
    <radialGradient id="bag" cx="0.38" cy="0.3" r="0.8"><stop offset="0" stop-color="#fff" stop-opacity="0.42"/><stop offset="0.45" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="0.5"/></radialGradient>
    <filter id="soft"><feGaussianBlur stdDeviation="7"/></filter><filter id="far"><feGaussianBlur stdDeviation="2.2"/></filter>
  </defs>`;
}

function drawSky(random: Random, horizon: number): string {
  const clouds = times(whole(random, 2, 7), () => {
    const cx = between(random, 0, WIDTH);
    const cy = between(random, 20, horizon * 0.7);
    return `<ellipse cx="${cx}" cy="${cy}" rx="${between(random, 80, 220)}" ry="${between(random, 14, 40)}" fill="#fff" opacity="0.35"/>`;
  });
  return `<rect width="${WIDTH}" height="${horizon + 20}" fill="url(#sky)"/><g filter="url(#soft)">${clouds}</g>`;
}

function drawBackground(random: Random, horizon: number): string {
  const houses = times(whole(random, 1, 3), (index) =>
    drawHouse(random, horizon, index * 430 + between(random, -80, 120)),
  );
  const trees = times(whole(random, 3, 8), () => drawTree(random, horizon));
  return `<g filter="url(#far)">${houses}${trees}</g>`;
}

function drawHouse(random: Random, horizon: number, x: number): string {
  const width = between(random, 220, 420);
  const height = between(random, 160, horizon * 0.95);
  const top = horizon + 12 - height;
  const wall = pick(random, ["#b8aa98", "#a9a9a6", "#c2b5a3", "#8f7f72", "#d0cabd"]);
  const floors = Math.max(2, Math.floor(height / 52));
  const windows = times(floors * 6, (index) => {
    const wx = x + 16 + (index % 6) * ((width - 32) / 6);
    const wy = top + 14 + Math.floor(index / 6) * 50;
    return `<rect x="${wx}" y="${wy}" width="${width / 11}" height="28" fill="#3b4650" stroke="#e6e3dc" stroke-width="2.5"/>`;
  });
  return `<rect x="${x}" y="${top}" width="${width}" height="${height}" fill="${wall}"/>${windows}`;
}

function drawTree(random: Random, horizon: number): string {
  const x = between(random, 0, WIDTH);
  const size = between(random, 50, 120);
  const top = horizon - size;
  const leaf = pick(random, ["#4a5d36", "#5c6e3f", "#3f5233", "#6d6a45"]);
  const crown = times(16, () => {
    const cx = x + between(random, -size * 0.6, size * 0.6);
    const cy = top + between(random, -size * 0.5, size * 0.4);
    return `<circle cx="${cx}" cy="${cy}" r="${between(random, size * 0.15, size * 0.38)}" fill="${leaf}" opacity="${between(random, 0.6, 1)}"/>`;
  });
  return `<rect x="${x - 6}" y="${top}" width="12" height="${size + 20}" fill="#4e4033"/>${crown}`;
}

function drawGround(random: Random, horizon: number, hasSnow: boolean): string {
  const base = `<rect y="${horizon}" width="${WIDTH}" height="${HEIGHT - horizon}" fill="url(#ground)"/>`;
  const stains = times(26, () => {
    const cy = between(random, horizon + 30, HEIGHT);
    const near = (cy - horizon) / (HEIGHT - horizon);
    const colour = hasSnow
      ? pick(random, ["#ffffff", "#b9bdc0", "#8d8f90"])
      : pick(random, ["#000000", "#2e2c29", "#a8a49b"]);
    return `<ellipse cx="${between(random, 0, WIDTH)}" cy="${cy}" rx="${60 + near * between(random, 30, 180)}" ry="${6 + near * 24}" fill="${colour}" opacity="${between(random, 0.05, 0.22)}"/>`;
  });
  const cracks = times(5, () => {
    const y = between(random, horizon + 120, HEIGHT);
    const x = between(random, 0, WIDTH - 200);
    return `<path d="M${x} ${y} q60 ${between(random, -20, 20)} 110 4 t120 ${between(random, -24, 24)}" fill="none" stroke="#222" stroke-width="2" opacity="0.35"/>`;
  });
  return `${base}<g filter="url(#soft)">${stains}</g>${cracks}`;
}

function drawFence(random: Random, horizon: number, ground: number): string {
  const kind = whole(random, 0, 2);
  const top = horizon - between(random, 40, 110);
  const height = ground - top;
  const paint = pick(random, ["#7b8a78", "#8c8f91", "#6d5a4a", "#5d7f93", "#9a938a"]);
  if (kind === 0) {
    const ribs = times(
      64,
      (i) => `<rect x="${i * 20}" y="${top}" width="9" height="${height}" fill="#000" opacity="0.13"/>`,
    );
    return `<rect y="${top}" width="${WIDTH}" height="${height}" fill="${paint}"/>${ribs}`;
  }
  if (kind === 1) {
    const slabs = times(5, (i) => {
      const x = i * 270 - 20;
      return `<rect x="${x}" y="${top}" width="262" height="${height}" fill="#a8a59e"/><rect x="${x + 18}" y="${top + 16}" width="226" height="${height - 34}" fill="#9b978f"/>`;
    });
    return slabs;
  }
  const wires = times(
    70,
    (i) =>
      `<path d="M${i * 22 - 80} ${top} l80 ${height} M${i * 22} ${top} l-80 ${height}" stroke="#666" stroke-width="1.6" opacity="0.7"/>`,
  );
  const posts = times(
    7,
    (i) => `<rect x="${i * 210 + 10}" y="${top - 8}" width="10" height="${height + 8}" fill="#565a5c"/>`,
  );
  return wires + posts;
}

function drawPad(random: Random, ground: number): string {
  const near = ground + between(random, 250, 330);
  return `<path d="M120 ${ground} H${WIDTH - 120} L${WIDTH - 20} ${near} H20 Z" fill="#8f8d88" opacity="0.75"/><path d="M20 ${near} H${WIDTH - 20} v14 H20 Z" fill="#55534f" opacity="0.6"/>`;
}

/** A container's place on the sheet: left edge, foot, width and height. */
interface Box {
  readonly x: number;
  readonly foot: number;
  readonly width: number;
  readonly height: number;
}

function drawContainers(random: Random, ground: number, state: DrawnSite["state"]): string {
  const count = random() < 0.15 ? 4 : whole(random, 2, 3);
  const width = Math.min(300, 1040 / count);
  const paint = pick(random, PAINTS);
  const left = (WIDTH - count * width) / 2 + between(random, -60, 60);
  const boxes = Array.from({ length: count }, (_, index) => ({
    x: left + index * width + between(random, 2, 12),
    foot: ground + between(random, 200, 226),
    width: width * between(random, 0.86, 0.93),
    height: width * between(random, 0.74, 0.86),
  }));
  const fullOnes = state === "overflow" ? whole(random, Math.max(1, count - 1), count) : 0;
  const drawn = boxes.map((box, index) =>
    drawContainer(random, box, random() < 0.8 ? paint : pick(random, PAINTS), index < fullOnes),
  );
  const onGround = state === "scattered" ? drawLitter(random, boxes, whole(random, 30, 46), 120) : "";
  const besideFull = state === "overflow" ? drawLitter(random, boxes, whole(random, 2, 6), 14) : "";
  return drawn.join("") + onGround + besideFull;
}

function drawContainer(random: Random, box: Box, paint: string, isFull: boolean): string {
  const { x, foot, width, height } = box;
  const top = foot - height;
  const inset = width * 0.05;
  const body = `M${x} ${top} H${x + width} L${x + width - inset} ${foot} H${x + inset} Z`;
  const ribs = times(4, (i) => {
    const rx = x + width * (0.18 + i * 0.2);
    return `<rect x="${rx}" y="${top + height * 0.14}" width="${width * 0.035}" height="${height * 0.78}" fill="#000" opacity="0.16"/>`;
  });
  const rust = times(whole(random, 2, 7), () => {
    const cx = x + between(random, width * 0.1, width * 0.9);
    return `<ellipse cx="${cx}" cy="${top + between(random, height * 0.2, height)}" rx="${between(random, 4, 20)}" ry="${between(random, 3, 12)}" fill="#7a4a2a" opacity="0.35"/>`;
  });
  const wheels = [0.16, 0.84]
    .map((at) => `<circle cx="${x + width * at}" cy="${foot + 7}" r="${width * 0.045}" fill="#1b1b1b"/>`)
    .join("");
  const shadow = `<ellipse cx="${x + width / 2}" cy="${foot + 12}" rx="${width * 0.58}" ry="20" fill="#000" opacity="0.42"/>`;
  const rim = `<rect x="${x - 6}" y="${top - 7}" width="${width + 12}" height="15" rx="4" fill="${paint}"/><rect x="${x - 6}" y="${top - 7}" width="${width + 12}" height="15" rx="4" fill="#000" opacity="0.25"/>`;
  const above = isFull ? drawHeap(random, box) : drawLid(random, box, paint);
  return `${shadow}${wheels}${isFull ? above : ""}<path d="${body}" fill="${paint}"/><path d="${body}" fill="url(#shade)"/>${ribs}${rust}${rim}${isFull ? "" : above}`;
}

function drawLid(random: Random, { x, foot, width, height }: Box, paint: string): string {
  const top = foot - height;
  const rise = height * between(random, 0.16, 0.26);
  const lid = `M${x - 8} ${top - 4} Q${x + width / 2} ${top - rise * 2} ${x + width + 8} ${top - 4} Z`;
  return `<path d="${lid}" fill="${paint}"/><path d="${lid}" fill="#fff" opacity="0.14"/><path d="M${x + width * 0.3} ${top - rise * 0.6} h${width * 0.4}" stroke="#222" stroke-width="5" opacity="0.5"/>`;
}

function drawHeap(random: Random, { x, foot, width, height }: Box): string {
  const top = foot - height;
  const lid = `<path d="M${x + 8} ${top} L${x + 26} ${top - height * 0.75} H${x + width - 26} L${x + width - 8} ${top} Z" fill="#33383a"/>`;
  const bags = times(whole(random, 8, 13), (index) => {
    const spread = 1 - index / 16;
    const bx = x + width / 2 + between(random, -0.46, 0.46) * width * spread;
    return drawBag(random, bx, top + 14 - index * between(random, 5, 10), width * between(random, 0.16, 0.25));
  });
  const boxes = times(whole(random, 1, 4), () =>
    drawCarton(
      random,
      x + between(random, width * 0.1, width * 0.75),
      top - between(random, 0, height * 0.32),
      width * between(random, 0.2, 0.34),
    ),
  );
  return lid + bags + boxes;
}

function drawLitter(random: Random, boxes: readonly Box[], bags: number, scraps: number): string {
  const first = boxes[0];
  const last = boxes.at(-1);
  if (first === undefined || last === undefined) return "";
  const left = first.x - 60;
  const right = last.x + last.width + 60;
  const small = times(scraps, () =>
    drawScrap(random, between(random, left - 60, right + 60), first.foot + between(random, 14, 200)),
  );
  const piles = Array.from({ length: 3 }, () => between(random, left, right));
  const heaps = Array.from({ length: bags }, (_, index) => {
    const middle = piles[index % piles.length] ?? left;
    return { x: middle + between(random, -120, 120), y: first.foot + between(random, -20, 90) };
  })
    .sort((a, b) => a.y - b.y)
    .map(({ x, y }) =>
      random() < 0.8
        ? drawBag(random, x, y, between(random, 56, 118))
        : drawCarton(random, x, y, between(random, 60, 120)),
    );
  return small + heaps.join("");
}

function drawBag(random: Random, x: number, y: number, size: number): string {
  const points = Array.from({ length: 11 }, (_, i) => {
    const angle = (i / 11) * Math.PI * 2;
    const reach = size * 0.5 * between(random, 0.8, 1.14);
    return `${x + Math.cos(angle) * reach} ${y + Math.sin(angle) * reach * 0.8}`;
  });
  const outline = `M${points.join(" L")} Z`;
  const colour = pick(random, BAGS);
  const knot = `<path d="M${x} ${y - size * 0.38} l${-size * 0.1} ${-size * 0.16} h${size * 0.2} Z" fill="${colour}"/>`;
  const folds = times(4, () => {
    const fx = x + between(random, -0.3, 0.3) * size;
    return `<path d="M${fx} ${y - size * 0.3} q${between(random, -10, 10)} ${size * 0.3} ${between(random, -14, 14)} ${size * 0.5}" fill="none" stroke="#fff" stroke-width="1.6" opacity="0.2"/>`;
  });
  const shadow = `<ellipse cx="${x}" cy="${y + size * 0.4}" rx="${size * 0.52}" ry="${size * 0.12}" fill="#000" opacity="0.35"/>`;
  return `${shadow}${knot}<path d="${outline}" fill="${colour}" stroke="${colour}" stroke-width="5" stroke-linejoin="round"/><path d="${outline}" fill="url(#bag)"/>${folds}`;
}

function drawCarton(random: Random, x: number, y: number, size: number): string {
  const tilt = between(random, -24, 24);
  const height = size * between(random, 0.45, 0.75);
  const colour = pick(random, ["#b08a5a", "#a27a48", "#c2a076", "#94714a"]);
  return `<g transform="rotate(${tilt} ${x} ${y})"><rect x="${x}" y="${y - height}" width="${size}" height="${height}" fill="${colour}" stroke="#5b4426" stroke-width="2"/><path d="M${x} ${y - height} l${size * 0.2} ${-height * 0.32} h${size * 0.8} l${-size * 0.2} ${height * 0.32} Z" fill="#d0b084"/><rect x="${x + size * 0.44}" y="${y - height}" width="${size * 0.12}" height="${height}" fill="#d9c9a0" opacity="0.7"/></g>`;
}

/** A sheet of paper, a torn film or a bottle, flat on the ground. */
function drawScrap(random: Random, x: number, y: number): string {
  const size = between(random, 6, 26);
  const colour = pick(random, LITTER);
  const turn = between(random, -50, 50);
  if (random() < 0.25) {
    const bottle = `<rect x="${x}" y="${y}" width="${size * 1.6}" height="${size * 0.5}" rx="${size * 0.2}" fill="${colour}" opacity="0.85"/><rect x="${x + size * 1.55}" y="${y + size * 0.14}" width="${size * 0.4}" height="${size * 0.22}" fill="#4a6fa0"/>`;
    return `<g transform="rotate(${turn * 0.5} ${x} ${y})">${bottle}</g>`;
  }
  const corners = times(7, (i) => {
    const angle = (i / 7) * Math.PI * 2 + random() * 0.7;
    const reach = size * between(random, 0.55, 1.2);
    return `${i === 0 ? "M" : "L"}${x + Math.cos(angle) * reach} ${y + Math.sin(angle) * reach * 0.45}`;
  });
  const shadow = `<path d="${corners} Z" transform="translate(1 4)" fill="#000" opacity="0.35"/>`;
  return `${shadow}<path d="${corners} Z" fill="${colour}"/><path d="${corners} Z" fill="url(#bag)" opacity="0.7"/>`;
}
