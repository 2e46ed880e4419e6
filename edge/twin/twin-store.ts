import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder, writeDurably } from "#kit/durable-file.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import { NO_TWIN, TwinState } from "./twin-state.ts";

/** Where a device keeps what it has decided on its twin. */
export interface TwinStore {
  /** What was kept; never rejects. What cannot be read counts as nothing, with the trouble: the installed settings hold. */
  read(): Promise<{ readonly state: TwinState; readonly trouble: string | null }>;
  /** Rejects with `disk-full` or `disk-unwritable`; then the former one is kept. */
  write(state: TwinState): Promise<void>;
}

/** Keeps it as one small file, which is there as a whole or not at all. */
export function openTwinStore(folder: string): TwinStore {
  const file = join(folder, "settings.json");
  return {
    read: async () => {
      try {
        return { state: TwinState.parse(JSON.parse(await readFile(file, "utf8"))), trouble: null };
      } catch (error) {
        if (codeOf(error) === "ENOENT") return { state: NO_TWIN, trouble: null };
        return { state: NO_TWIN, trouble: `${file} cannot be read (${messageOf(error).slice(0, 100)})` };
      }
    },
    write: async (state) => {
      if ((await mkdir(folder, { recursive: true })) !== undefined) await syncFolder(dirname(folder));
      await writeDurably(file, `${JSON.stringify(state)}\n`);
    },
  };
}
