import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { drawSite } from "../../models/samples/drawn-site.ts";

/** Puts the next photo where the truck's camera takes it from. */
export interface CameraRoll {
  /** Lays one photo of a site before or after its emptying into the folder; resolves once it can be taken. */
  lay(role: "before" | "after"): Promise<void>;
}

/** The name of the roll's next file: names grow for ever, also after a restart, so that the camera finds them in order. */
const fileName = (startedMs: number, count: number) => `${startedMs}-${String(count).padStart(6, "0")}.jpg`;
/** The folder keeps this many photos: those that were taken are of no use to anybody. */
const KEPT = 20;

async function trim(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jpg")).sort();
  for (const name of names.slice(0, -KEPT)) await rm(join(folder, name));
}

/** One visit in so many leaves its site as it was, so that somebody is alerted. */
const LEFT_DIRTY_EACH = 6;

/** Draws sites: before mostly dirty, after clean but for one in six. */
export async function drawnRoll(folder: string, random: () => number, startedMs: number): Promise<CameraRoll> {
  await mkdir(folder, { recursive: true });
  let count = 0;
  let emptied = 0;
  return {
    lay: async (role) => {
      const isLeft = role === "after" && emptied++ % LEFT_DIRTY_EACH === 1;
      const isFull = role === "before" && random() < 0.75;
      const state = isLeft ? "overflow" : isFull ? (random() < 0.6 ? "overflow" : "scattered") : "clean";
      const jpeg = await drawSite({ seed: Math.floor(random() * 2 ** 31), state });
      const name = fileName(startedMs, count++);
      await writeFile(join(folder, `.${name}.next`), jpeg);
      await rename(join(folder, `.${name}.next`), join(folder, name));
      await trim(folder);
    },
  };
}

/**
 * Lays the photographs of a folder (with its subfolders), one after the other in an order that mixes the subfolders
 * and is the same each time. Throws with one clear line when there is none.
 */
export async function photographRoll(folder: string, photos: string, startedMs: number): Promise<CameraRoll> {
  if (!existsSync(photos)) throw new Error(`--photos: there is no folder ${resolve(photos)}`);
  const names = (await readdir(photos, { recursive: true })).filter((name) => /\.jpe?g$/i.test(name));
  if (names.length === 0) throw new Error(`--photos: no .jpg in ${resolve(photos)}`);
  const digest = (name: string) => createHash("sha256").update(name).digest("hex");
  const mixed = names.sort((a, b) => (digest(a) < digest(b) ? -1 : 1)).map((name) => resolve(photos, name));
  await mkdir(folder, { recursive: true });
  let count = 0;
  return {
    lay: async () => {
      await symlink(mixed[count % mixed.length] ?? "", join(folder, fileName(startedMs, count)));
      count += 1;
      await trim(folder);
    },
  };
}
