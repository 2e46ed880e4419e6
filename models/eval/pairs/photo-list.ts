import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** One photo of the training folders. */
export interface LabelledPhoto {
  readonly file: string;
  readonly name: string;
  readonly label: string;
  /** The first word of the file's name: who collected it. */
  readonly source: string;
}

const LABELS = ["clean", "overflow", "scattered", "not_a_site"];

/** The photos of `train`, `val`, `test` or of the folder itself, in the order of their names; folders that are not there are empty. */
export async function listPhotos(
  photos: string,
  split: "train" | "val" | "test" | "",
): Promise<readonly LabelledPhoto[]> {
  const all: LabelledPhoto[] = [];
  for (const label of LABELS) {
    const folder = join(photos, split, label);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((one) => one.endsWith(".jpg")).sort()) {
      all.push({ file: join(folder, name), name, label, source: name.split("-")[0] ?? "" });
    }
  }
  return all;
}

/** Real pairs fit and are judged by halves, so that none is judged by a curve that it helped to fit. */
export type Half = "fit" | "judge" | "both";

/** The two photos of each real pair, by its id; the half that a pair belongs to is drawn from its id and never changes. */
export async function listRealPairs(
  photos: string,
  half: Half,
): Promise<readonly { id: string; before: string; after: string }[]> {
  const folder = join(photos, "pairs");
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const ids = names.flatMap((name) => (name.endsWith("-before.jpg") ? [name.slice(0, -"-before.jpg".length)] : []));
  return ids
    .sort()
    .filter((id) => names.includes(`${id}-after.jpg`))
    .filter((id) => half === "both" || (crc32(id) % 2 === 0) === (half === "fit"))
    .map((id) => ({ id, before: join(folder, `${id}-before.jpg`), after: join(folder, `${id}-after.jpg`) }));
}
