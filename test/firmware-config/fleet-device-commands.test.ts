import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { openArtefacts } from "../../cloud/fleet/artefacts/artefacts.ts";
import { startFleet } from "../../cloud/fleet/start-fleet.ts";
import { pinKey } from "../../cloud/store/state/devices.ts";
import { openStateStore } from "../../cloud/store/state/state-store.ts";
import { fleetSettingsIn } from "../cloud/fleet/fleet-thread.ts";
import { ADMIN_TOKEN, httpParts, listenHttp } from "../support/http-fixture.ts";
import { ROOT } from "../support/program.ts";
import { anUpdate, UPDATE_KEY } from "../support/signed-update.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PATIENCE_MS = 120_000;

async function openTown() {
  const folder = await tempFolder();
  const state = openStateStore(join(folder, "state.db"));
  const now = Date.now();
  state.transaction(now, ({ sql }) => pinKey(sql, { tenant: "chel", device: "post-1" }, UPDATE_KEY.publicKey, now));
  state.close();
  const settings = fleetSettingsIn(folder, { updateKeys: [UPDATE_KEY.publicKey] });
  const artefacts = await openArtefacts({ folder: settings.artefactFolder, reservedBytes: 0 });
  const fleet = await startFleet(settings, systemClock);
  onTestFinished(() => fleet.close());
  const { twins, rollouts } = fleet;
  const http = await listenHttp(httpParts({ twins, rollouts, artefacts, clock: systemClock }));
  onTestFinished(() => http.close());
  const tokenFile = join(folder, "admin-token");
  await writeFile(tokenFile, `${ADMIN_TOKEN}\n`);
  const admin = ["--cloud", http.url, "--admin-token-file", tokenFile];
  const run = async (command: "twin" | "update", ...args: string[]) => {
    const { PATH, HOME } = process.env;
    const program = [join(ROOT, "firmware-config", `fleet-${command}.ts`), ...args, ...admin];
    return await promisify(execFile)(process.execPath, program, { env: { PATH, HOME } }).then(
      ({ stdout }) => stdout,
      (error: Error & { readonly stderr?: string }) => error.stderr ?? error.message,
    );
  };
  return { folder, run, fleet };
}

describe("fleet:twin", () => {
  it(
    "changes single settings and leaves the others, and shows them",
    async () => {
      const { run } = await openTown();

      await run("twin", "set", "chel", "post-1", "READING_EVERY_S=30", "LOG_LEVEL=debug");
      const changed = await run("twin", "set", "chel", "post-1", "LOG_LEVEL=", "HEALTH_EVERY_S=60");
      const shown = await run("twin", "get", "chel", "post-1");

      expect(shown).toBe(changed);
      expect(shown).toMatch(/^chel:post-1 rev \d+; the device has not said anything\n/);
      expect(shown).toContain("  READING_EVERY_S=30  not in force yet\n  HEALTH_EVERY_S=60  not in force yet\n");
      expect(shown).not.toContain("LOG_LEVEL");
    },
    PATIENCE_MS,
  );

  it(
    "loses neither change of two engineers at once",
    async () => {
      const { run, fleet } = await openTown();

      await Promise.all([
        run("twin", "set", "chel", "post-1", "READING_EVERY_S=30"),
        run("twin", "set", "chel", "post-1", "LOG_LEVEL=debug"),
      ]);

      const { settings } = await fleet.twins.twin({ tenant: "chel", device: "post-1" });
      expect(settings).toEqual({ READING_EVERY_S: "30", LOG_LEVEL: "debug" });
    },
    PATIENCE_MS,
  );

  it.each([
    [["set", "chel", "post-1", "NO_SUCH_SETTING=1"], "NO_SUCH_SETTING is no setting of this software"],
    [["set", "chel", "post-1", "DATA_DIR=x"], "DATA_DIR may not be changed from outside"],
    [["set", "chel", "post-1", "reading=1"], "is not SETTING=VALUE"],
    [["set", "chel", "Post 1", "A=1"], "must match"],
    [["get", "chel"], "fleet:twin: what?"],
  ])(
    "says in one line what is wrong with %j",
    async (args, words) => {
      const { run } = await openTown();

      expect(await run("twin", ...args)).toContain(words);
    },
    PATIENCE_MS,
  );
});

describe("fleet:update", () => {
  it(
    "uploads what is missing, rolls out, shows, pauses, resumes and stops",
    async () => {
      const { folder, run } = await openTown();
      const update = anUpdate();
      const dir = join(folder, "signed");
      await mkdir(dir);
      const signed = join(dir, `${update.id}.update.json`);
      await writeFile(signed, JSON.stringify(update.signed));
      await writeFile(join(dir, update.sha256), update.file);
      const start = update.id.slice(0, 8);

      expect(await run("update", "list")).toBe("no update was ever rolled out\n");
      const added = await run("update", "add", signed, "--soak-hours", "1", "--waves", "5,100");
      const again = await run("update", "add", signed, "--soak-hours", "1", "--waves", "5,100");

      expect(added).toContain("uploaded bundle.tar.gz\n");
      expect(added).toContain("software edge 1.4.0, counter 1: running, wave 1 of 2 (5 %)");
      expect(added).toContain("given to 1 of 1 devices: 1 unheard");
      expect(again).not.toContain("uploaded");
      expect(await run("update", "pause", start)).toContain(": paused");
      expect(await run("update", "resume", start)).toContain(": running");
      expect(await run("update", "stop", start)).toContain("stopped by the administrator");
      expect(await run("update", "status", start)).toContain(": stopped");
      expect(await run("update", "resume", start)).toContain("409: it is stopped");
      expect(await run("update", "status", "ffffffffffff")).toContain(
        "no update has an id that begins with ffffffffffff",
      );
      expect(await run("update", "add", join(dir, update.sha256))).toContain("is no signed update");
      expect(await run("update", "add", signed, "--soak-hours", "soon")).toContain("must be a number");
      expect(await run("update", "dance", start)).toContain("fleet:update: what?");
    },
    PATIENCE_MS,
  );
});

it.each(["twin", "update"] as const)(
  "fleet:%s explains itself",
  async (command) => {
    const file = join(ROOT, "firmware-config", `fleet-${command}.ts`);

    const { stdout } = await promisify(execFile)(process.execPath, [file, "--help"]);

    expect(stdout).toContain(`npm run -s fleet:${command} --`);
  },
  PATIENCE_MS,
);
