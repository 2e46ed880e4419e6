import { readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { removeDurably, syncFolder } from "#kit/durable-file.ts";
import { unpack } from "./unpack.ts";

/** Unpacks into a folder that is there whole or not at all; what was begun on a full disk is removed. */
export async function unpackBeside(folder: string, archive: string): Promise<void> {
  const begun = `${folder}.new`;
  await rm(begun, { recursive: true, force: true });
  try {
    await unpack(archive, begun);
  } catch (error) {
    await rm(begun, { recursive: true, force: true });
    throw error;
  }
  await rename(begun, folder);
}

/** What the launcher or the program itself has left; nothing where the disk took no word of theirs: then nobody is blamed. */
export async function whyItFailed(root: string): Promise<{ readonly reason: string; readonly mayBeLink: boolean }> {
  const said = await readFile(join(root, "trial-failed"), "utf8").catch(() => "");
  const [reason = "", remark] = said.split("\n");
  if (reason === "") return { reason: "its starts could not be counted on this disk", mayBeLink: true };
  return { reason: reason.slice(0, 110), mayBeLink: remark === "link" };
}

/** The folder that `current` points to, where the launcher has given it up. */
export async function fallenCurrent(root: string): Promise<string | undefined> {
  const said = await readFile(join(root, "current-failed"), "utf8").catch(() => "");
  const current = await linkTo(root, "current");
  return current !== undefined && said.trim() === current ? current : undefined;
}

/** The program before, or the installed one, is the current one. `current-failed` stays, so that this is done once. */
export async function leaveCurrent(root: string): Promise<void> {
  const previous = await linkTo(root, "previous");
  if (previous === undefined) await rm(join(root, "current"), { force: true });
  else await rename(join(root, "previous"), join(root, "current"));
  await removeDurably([join(root, "current-starts")]);
}

/** What a link points to; undefined where there is none. */
export const linkTo = (root: string, name: string): Promise<string | undefined> =>
  readlink(join(root, name)).catch(() => undefined);

/** Points a link at a folder beside it, in one step. */
export async function link(root: string, name: string, folder: string): Promise<void> {
  const begun = join(root, `${name}.new`);
  await rm(begun, { force: true });
  await symlink(folder, begun);
  await rename(begun, join(root, name));
  await syncFolder(root);
}

/** Removes programs that no link points to and that no trial awaits: begun ones, and those before the previous one. */
export async function sweep(root: string, awaited: string | undefined): Promise<void> {
  const linked = await Promise.all(["trial", "current", "previous"].map((name) => linkTo(root, name)));
  const kept = [...linked, awaited];
  for (const name of await readdir(root)) {
    if (/^\d+-/.test(name) && !kept.includes(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}
