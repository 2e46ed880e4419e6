import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "#kit/durable-file.ts";

/**
 * Puts a text in the place of a file's: written beside and renamed, so that it is there whole or not at all. Behind a link the file that it
 * names is replaced; mode, owner and group stay. Rejects, and then the old file is as it was and nothing lies beside it.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const file = await realpath(path);
  const beside = `${file}.new`;
  const old = await stat(file);
  const handle = await open(beside, "w", 0o600);
  try {
    try {
      await handle.writeFile(text);
      await handle.chmod(old.mode & 0o7777);
      await keepOwner(handle, old);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

/** Only root may give a file to somebody else: without a difference nothing is asked for. */
async function keepOwner(handle: FileHandle, old: { readonly uid: number; readonly gid: number }): Promise<void> {
  const { uid, gid } = await handle.stat();
  if (uid !== old.uid || gid !== old.gid) await handle.chown(old.uid, old.gid);
}
