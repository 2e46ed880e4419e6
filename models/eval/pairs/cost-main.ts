/**
 * Measures what the pair checks add to a shot: processor time of each step and memory, with a full index. Filled in one process and
 * measured in another, which holds memory as the device's program does:
 *
 *     ./node26 models/eval/pairs/cost-main.ts fill --index /dev/shm/seen --photos ../shared/photos
 *     NODE_OPTIONS='--max-semi-space-size=1 --max-old-space-size=64' MALLOC_ARENA_MAX=1 \
 *       ./node26 models/eval/pairs/cost-main.ts measure --index /dev/shm/seen --photos ../shared/photos
 *
 * The photos of `val` are enlarged to the device's 1280 px. The index holds made-up photos: spots of real ones, mixed, so that words are
 * as frequent as they are among photos of streets.
 */
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { sharp } from "../../../edge/camera/thrifty-sharp.ts";
import { DESCRIPTOR_LENGTH } from "../../../edge/pairs/descriptors.ts";
import { decodeGrey } from "../../../edge/pairs/grey-picture.ts";
import { MARKS_LONG_SIDE_PX, marksOf, type PhotoMarks, readMarks } from "../../../edge/pairs/photo-marks.ts";
import { openSeenPhotos } from "../../../edge/pairs/seen-photos.ts";
import { randomFrom, shuffled } from "../../random.ts";
import { listSet } from "../photos.ts";
import { quantile } from "../statistics.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: "string", default: "../shared/photos" },
    index: { type: "string", default: join(tmpdir(), "dvornik-seen") },
    slots: { type: "string", default: "20000" },
  },
});
const [POOL, LOOKED, WARM_UP] = [60, 60, 10];
const MIB = 1024 * 1024;
const slots = Number(values.slots);
const random = randomFrom(9);
const photos = shuffled(await listSet(values.photos, "val"), random).slice(0, POOL + LOOKED);
if (photos.length < POOL + LOOKED) throw new Error(`${POOL + LOOKED} photos wanted in val/ of --photos`);

if (positionals[0] === "fill") await fill();
else await measure();

async function fill(): Promise<void> {
  const pool: PhotoMarks[] = [];
  for (const { path } of photos.slice(0, POOL)) pool.push(await readMarks(await readFile(path)));
  const index = await openSeenPhotos(values.index, slots, undefined, () => {});
  for (let n = 1; n <= slots; n += 1) {
    await index.keep(index.recordsOf([{ sha: n.toString(16).padStart(64, "0"), marks: mixed(pool) }]));
  }
  await index.close();
}

async function measure(): Promise<void> {
  const jpegs: Uint8Array[] = [];
  for (const { path } of photos.slice(POOL)) {
    const large = sharp(await readFile(path)).resize({ width: 1280, height: 1280, fit: "inside" });
    jpegs.push(await large.jpeg({ quality: 80 }).toBuffer());
  }
  const before = process.memoryUsage().rss;
  const [index, openMs] = await timed(() => openSeenPhotos(values.index, slots, undefined, () => {}));
  const opened = process.memoryUsage().rss;
  const spent: Record<"decode" | "describe" | "lookUp", number[]> = { decode: [], describe: [], lookUp: [] };
  for (const [i, jpeg] of jpegs.entries()) {
    const [grey, decodeMs] = await timed(() => decodeGrey(jpeg, MARKS_LONG_SIDE_PX));
    const [marks, describeMs] = await timed(async () => marksOf(grey));
    const [, lookUpMs] = await timed(() => index.lookUp(marks));
    if (i < WARM_UP) continue;
    spent.decode.push(decodeMs);
    spent.describe.push(describeMs);
    spent.lookUp.push(lookUpMs);
  }
  const mb = (bytes: number) => (bytes / MIB).toFixed(0);
  stdout.write(
    `${index.size} photos in the index; opening it took ${openMs.toFixed(0)} ms of CPU and ${mb(opened - before)} MB\n`,
  );
  stdout.write(
    `after ${jpegs.length} photos: ${mb(process.memoryUsage().rss - before)} MB more than before the opening\n`,
  );
  for (const [step, ms] of Object.entries(spent)) {
    const sorted = ms.toSorted((a, b) => a - b);
    const at = (share: number) => quantile(sorted, share).toFixed(1);
    stdout.write(`${step}: CPU p50 ${at(0.5)} ms, p90 ${at(0.9)} ms (${sorted.length} photos)\n`);
  }
  await index.close();
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

async function timed<Result>(work: () => Promise<Result>): Promise<readonly [Result, number]> {
  const began = process.cpuUsage();
  const result = await work();
  return [result, cpuMs(began)];
}

/** A photo that nobody took: each spot is of one real photo or another. */
function mixed(pool: readonly PhotoMarks[]): PhotoMarks {
  const first = pool[Math.floor(random() * pool.length)] ?? pool[0];
  if (first === undefined) throw new Error("no photos");
  const descriptors = new Uint8Array(first.descriptors.length);
  const keypoints = first.keypoints.map((keypoint, row) => {
    const from = pool[Math.floor(random() * pool.length)] ?? first;
    const at = Math.floor(random() * from.keypoints.length) * DESCRIPTOR_LENGTH;
    descriptors.set(from.descriptors.subarray(at, at + DESCRIPTOR_LENGTH), row * DESCRIPTOR_LENGTH);
    return { ...keypoint, x: random(), y: random() };
  });
  return { ...first, keypoints, descriptors };
}
