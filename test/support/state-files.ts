import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openChunkShelf } from "../../cloud/store/photos/chunk-shelf.ts";
import { openStateView } from "../../cloud/store/state/sqlite-state-view.ts";
import { openStateStore } from "../../cloud/store/state/state-store.ts";
import { tempFolder } from "./temp-folder.ts";

/** The cloud's own files in a fresh folder: state, shelf and a view of the state; closed when the test has finished. */
export async function openStateFiles() {
  const folder = await tempFolder();
  const state = openStateStore(join(folder, "state.db"));
  const shelf = openChunkShelf(join(folder, "chunks.db"));
  const view = openStateView(join(folder, "state.db"));
  onTestFinished(async () => {
    await view.close();
    shelf.close();
    state.close();
  });
  return { folder, state, shelf, view };
}
