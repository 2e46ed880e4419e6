import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** One photo of the training folders. */
export interface LabelledPhoto {
  readonly file: string;
  readonly name: string;
  readonly label: string;
  /** The first word of the file's name: who collected it. */
  readonly source: string;
}

const LABELS = ["clean", "overflow", "scattered", "not_a_site"];

/** The photos of `train`, `val` or `test`, in the order of their names; folders that are not there are empty. */
export async function listPhotos(photos: string, split: "train" | "val" | "test"): Promise<readonly LabelledPhoto[]> {
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

/** The two photos of each real pair, by its id. */
export async function listRealPairs(photos: string): Promise<readonly { id: string; before: string; after: string }[]> {
  const folder = join(photos, "pairs");
  const names = await readdir(folder).catch(() => []);
  const ids = [...new Set(names.map((name) => name.slice(0, name.indexOf("-"))))].sort();
  return ids.map((id) => ({ id, before: join(folder, `${id}-before.jpg`), after: join(folder, `${id}-after.jpg`) }));
}
