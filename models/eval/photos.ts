import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { messageOf } from "#kit/errors.ts";
import { LABELS, type Label, type LabelledPhoto } from "./judged.ts";

/** Folders of a training set; the last is not looked at where one of the first two is there: the model knows its photos. */
const SETS = ["val", "test", "train"] as const;
type PhotoSet = (typeof SETS)[number];
/** What may lie beside the classes without being one. */
const NO_CLASS = new Set<string>(["pairs", ...SETS]);

/**
 * Lists the photos of a folder, by name: `class/*.jpg`, or `{val,test}/class/*.jpg` (`train/` where it is alone).
 *
 * The source is the first word of the file's name (`montevideo-606d.jpg`), else the name of the folder. `limit` takes at
 * most so many of each class of each set, evenly. Pictures of other kinds are in the list, too: the device refuses them, and the report
 * says so. Throws, saying what to do, where there is nothing to judge.
 */
export async function listPhotos(folder: string, limit?: number): Promise<readonly LabelledPhoto[]> {
  const inside = await foldersOf(folder);
  const sets = SETS.filter((set) => inside.includes(set) && (set !== "train" || !inside.some(isJudgedSet)));
  const found: LabelledPhoto[] = [];
  for (const set of sets.length > 0 ? sets : ([""] as const)) {
    const parent = join(folder, set);
    for (const label of labelsOf(set === "" ? inside : await foldersOf(parent), parent)) {
      found.push(...evenly(await listClass(folder, set, label, PICTURE), limit));
    }
  }
  if (found.some(({ name }) => JPEG.test(name))) return found;
  const others = found.length === 0 ? "" : ` (of the ${found.length} pictures there none is a JPEG)`;
  throw new Error(
    `no photos in ${resolve(folder)}${others}: put them as ${LABELS.map((label) => `${label}/*.jpg`).join(", ")} there, ` +
      "or name another folder with --photos",
  );
}

/** The JPEGs of one set, or of the folder's own classes (""), by label and name; none where it is not there. */
export async function listSet(folder: string, set: PhotoSet | ""): Promise<readonly LabelledPhoto[]> {
  const labels: readonly string[] = await readdir(join(folder, set)).catch(() => []);
  const classes = LABELS.filter((label) => labels.includes(label)).map((label) => listClass(folder, set, label, JPEG));
  return (await Promise.all(classes)).flat();
}

const JPEG = /\.jpe?g$/i;
/** What somebody may take for a photo that can be judged. */
const PICTURE = /\.(jpe?g|png|webp|heic|heif|avif|gif|bmp|tiff?)$/i;

async function listClass(
  folder: string,
  set: PhotoSet | "",
  label: Label,
  kind: RegExp,
): Promise<readonly LabelledPhoto[]> {
  const parent = join(folder, set, label);
  const names = (await readdir(parent)).filter((name) => kind.test(name)).sort();
  return names.map((name) => ({ path: join(parent, name), name, label, set, source: sourceOf(name, folder) }));
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
