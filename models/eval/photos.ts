import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { messageOf } from "#kit/errors.ts";
import { LABELS, type Label, type LabelledPhoto } from "./judged.ts";

/** Folders of a training set; the last is not looked at where one of the first two is there: the model knows its photos. */
const SETS = ["val", "test", "train"] as const;
/** What may lie beside the classes without being one. */
const NO_CLASS = new Set<string>(["pairs", ...SETS]);

/**
 * Lists the photos of a folder, by name: `class/*.jpg`, or `{val,test}/class/*.jpg` (`train/` where it is alone).
 *
 * The source is the first word of the file's name (`montevideo-606d.jpg`), else the name of the folder. `limit` takes at
 * most so many of each class of each set, evenly. Throws, saying what to do, where there is nothing to judge.
 */
export async function listPhotos(folder: string, limit?: number): Promise<readonly LabelledPhoto[]> {
  const inside = await foldersOf(folder);
  const sets = SETS.filter((set) => inside.includes(set) && (set !== "train" || !inside.some(isJudgedSet)));
  const found: LabelledPhoto[] = [];
  for (const set of sets.length > 0 ? sets : [""]) {
    const parent = join(folder, set);
    for (const label of labelsOf(set === "" ? inside : await foldersOf(parent), parent)) {
      const names = await jpegsOf(join(parent, label));
      for (const name of evenly(names, limit)) {
        found.push({ path: join(parent, label, name), name, label, set, source: sourceOf(name, folder) });
      }
    }
  }
  if (found.length > 0) return found;
  throw new Error(
    `no photos in ${resolve(folder)}: put them as ${LABELS.map((label) => `${label}/*.jpg`).join(", ")} there, ` +
      "or name another folder with --photos",
  );
}

const isJudgedSet = (name: string): boolean => name === "val" || name === "test";

async function foldersOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Error(`the folder of photos cannot be read (${messageOf(cause)}): name another with --photos`, { cause });
  });
  return entries
    .filter((entry) => !entry.isFile() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}

function labelsOf(folders: readonly string[], parent: string): readonly Label[] {
  const known: readonly string[] = LABELS;
  const unknown = folders.filter((name) => !known.includes(name) && !NO_CLASS.has(name));
  if (unknown.length > 0) {
    const names = unknown.map((name) => `"${name}"`).join(", ");
    throw new Error(
      `${parent} has ${names}, which is no class: rename it to one of ${LABELS.join(", ")}, or move it away`,
    );
  }
  return LABELS.filter((label) => folders.includes(label));
}

async function jpegsOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.jpe?g$/i.test(name)).sort();
}

/** At most `limit` of a list, spread over all of it. */
export function evenly<Item>(items: readonly Item[], limit: number | undefined): readonly Item[] {
  if (limit === undefined || items.length <= limit) return items;
  return Array.from({ length: limit }, (_, index) => items[Math.floor((index * items.length) / limit)]).flatMap(
    (item) => (item === undefined ? [] : [item]),
  );
}

/** Who collected a photo: the word before the first hyphen, or the folder's name where the file's does not begin with one. */
function sourceOf(name: string, folder: string): string {
  return /^([A-Za-z]\w*)-/.exec(name)?.[1] ?? basename(resolve(folder));
}
