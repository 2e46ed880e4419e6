import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codeOf } from "#kit/errors.ts";
import { openSettings } from "../../../edge/twin/open-settings.ts";
import { MOST_STARTS, NO_TWIN, type TwinState } from "../../../edge/twin/twin-state.ts";
import { openTwinStore } from "../../../edge/twin/twin-store.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const CRASHING: TwinState = {
  ...NO_TWIN,
  rev: 3,
  settings: { PARTICLE_ASK: "true" },
  trial: { proves: "run", limitMs: 600_000, back: { LOG_LEVEL: "warn" }, isRescue: false },
};

/** A device that was installed so and has kept this of its twin. */
async function aDevice(kept: TwinState | string) {
  const DATA_DIR = await tempFolder();
  const folder = join(DATA_DIR, "twin");
  const store = openTwinStore(folder);
  if (typeof kept !== "string") await store.write(kept);
  else {
    await mkdir(folder);
    await writeFile(join(folder, "settings.json"), kept);
  }
  const BROKER_URL = "mqtt://127.0.0.1:1883";
  const installed = { TENANT: "demo", DEVICE: "post-1", TOKEN: "0123456789abcdef", BROKER_URL, DATA_DIR };
  return { installed, folder, store };
}

describe("openSettings", () => {
  it("counts each start on disk before settings on trial are used, and gives the last good ones after too many", async () => {
    const { installed, store } = await aDevice(CRASHING);
    for (let i = 1; i <= MOST_STARTS; i += 1) {
      const { config } = await openSettings(installed);
      expect(config.PARTICLE_ASK).toBe(true);
      expect((await store.read()).state.unheard.starts).toBe(i);
    }

    const { config } = await openSettings(installed);

    expect(config).toMatchObject({ LOG_LEVEL: "warn" });
    expect(config.PARTICLE_ASK).toBe(false);
    expect((await store.read()).state).toMatchObject({ trial: null, settings: { LOG_LEVEL: "warn" } });
  });

  it("gives the last good settings where the start cannot be counted", async () => {
    const { installed, folder } = await aDevice(CRASHING);
    // What is written beside the file cannot be: there is a folder.
    const blocked = join(folder, "settings.json.tmp");
    await mkdir(join(blocked, "in-the-way"), { recursive: true });

    const { config } = await openSettings(installed);

    expect(config).toMatchObject({ LOG_LEVEL: "warn" });
    expect(config.PARTICLE_ASK).toBe(false);
    await rm(blocked, { recursive: true });
    expect((await openSettings(installed)).config.PARTICLE_ASK).toBe(true);
  });

  it("gives the installed settings where the file is broken or of another kind, and says so", async () => {
    for (const text of ["", "{", "[]", '{"rev":"x"}', JSON.stringify({ ...CRASHING, settings: { LOG_LEVEL: 1 } })]) {
      const { installed } = await aDevice(text);

      const { config, trouble, state } = await openSettings(installed);

      expect(config.LOG_LEVEL).toBe("info");
      expect(state).toEqual(NO_TWIN);
      expect(trouble).toContain("cannot be read");
    }
  });

  it("leaves out a setting that this software takes no more, and says why", async () => {
    const settings = { LOG_LEVEL: "warn", OLD_SETTING: "1", READING_EVERY_S: "1", TENANT: "other" };
    const { installed } = await aDevice({ ...NO_TWIN, rev: 3, settings });

    const { config, state } = await openSettings(installed);

    expect(config).toMatchObject({ LOG_LEVEL: "warn", READING_EVERY_S: 60, TENANT: "demo" });
    expect(state.settings).toEqual({ LOG_LEVEL: "warn" });
    expect(state.refused.map(({ setting }) => setting)).toEqual(["OLD_SETTING", "READING_EVERY_S", "TENANT"]);
  });

  it("rejects where the installed settings are wrong by themselves, whatever the cloud has set", async () => {
    const { installed } = await aDevice({ ...NO_TWIN, settings: { READING_EVERY_S: "30" } });

    const opening = openSettings({ ...installed, READING_EVERY_S: "never" });

    expect(await opening.catch(codeOf)).toBe("bad-config");
  });
});
