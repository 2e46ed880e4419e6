import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wait } from "#kit/wait.ts";
import { readIdentity } from "../../firmware-config/identity-files.ts";
import { enrolOne, openTestFleet } from "../cloud/fleet/fleet-fixture.ts";
import { tempFolder } from "../support/temp-folder.ts";

const KILLS = 8;

describe("a certificate and its key on the disk", () => {
  it("are the old pair or the new one, whole, whenever the program is killed", async () => {
    const { fleet } = await openTestFleet();
    const folder = await tempFolder();
    const sources = ["one", "two"].map((name) => join(folder, name));
    for (const source of sources) {
      const { key, certificate } = await enrolOne(fleet);
      await mkdir(source);
      await writeFile(join(source, "identity.pem"), `${key}${certificate}`);
    }
    const known = await Promise.all(sources.map(async (source) => (await readIdentity(source))?.serial));
    const kept = join(folder, "kept");
    await mkdir(kept);

    const found = new Set<string | undefined>();
    for (let kills = 0; kills < KILLS; kills += 1) {
      const program = spawn(process.execPath, [join(import.meta.dirname, "keeping-program.ts"), kept, ...sources], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(program.stdout, "data");
      await wait(20 + 7 * kills);
      program.kill("SIGKILL");
      await once(program, "exit");
      found.add((await readIdentity(kept))?.serial);
    }

    expect(found.size).toBeGreaterThan(0);
    expect([...found].filter((serial) => !known.includes(serial))).toEqual([]);
  });
});
