import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

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
