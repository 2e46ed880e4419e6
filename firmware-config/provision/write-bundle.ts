import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BundleFile } from "./file.ts";

/** Makes the folder of a bundle, or takes one that is empty. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new Error(`--out ${folder} is not empty: name another folder`);
}

/** Writes a bundle into an empty folder. Secrets are their owner's from the first byte on. */
export async function writeBundle(folder: string, files: readonly BundleFile[]): Promise<void> {
  for (const { path, text, isSecret = false, isProgram = false } of files) {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true });
    const mode = isSecret ? 0o600 : isProgram ? 0o755 : 0o644;
    await writeFile(place, text, { mode });
    await chmod(place, mode);
  }
}
