import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { JsonText } from "#kit/json-text.ts";
import { ModelManifest } from "../classify/manifest.ts";

/** The model that this program was packed with: it lies in the bundle as in the sources. */
export const OWN_MODEL = join(import.meta.dirname, "../../models/waste-site");

/**
 * The folder of a model that this program can read: the one given, or the program's own where the manifest there is one of another
 * version. Software that came as an update so starts on a device whose installed model, which is never replaced, is older
 * than the interface. A folder without a manifest is given back as it is: that nothing lies there is for a person to hear.
 */
export async function readableModel(folder: string): Promise<string> {
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => undefined);
  if (text === undefined || JsonText.pipe(ModelManifest).safeParse(text).success) return folder;
  return OWN_MODEL;
}
