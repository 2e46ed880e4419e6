import { spawn } from "node:child_process";
import { appendFile, copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../support/program.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { aBundle, type BundleFiles, writeBundle } from "./software-support.ts";

/** An installed base with the launcher, and a folder of programs that came as updates. */
async function aBase() {
  const folder = await tempFolder();
  const base = join(folder, "base");
  const store = join(folder, "data/software");
  await writeBundle(base, aBundle("base"));
  await copyFile(join(ROOT, "edge/update/launch.sh"), join(base, "bin/dvornik-launch"));
  await mkdir(store, { recursive: true });
  const put = async (name: string, link: string, change: BundleFiles = {}) => {
    await writeBundle(join(store, name), aBundle(name, change));
    await rm(join(store, link), { force: true });
    await symlink(name, join(store, link));
  };
  const launch = async (settings: Readonly<Record<string, string>> = {}) => {
    const child = spawn("sh", [join(base, "bin/dvornik-launch"), "--flag"], {
      cwd: folder,
      env: { PATH: process.env.PATH, DATA_DIR: "data", ...settings },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes;
    });
    const status = await new Promise<number | null>((resolve) => child.on("exit", resolve));
    return { status, output: output.trim() };
  };
  return { store, put, launch };
}

describe("the launcher", () => {
  it("starts what the device was installed with, with the arguments that it was given", async () => {
    const { launch } = await aBase();

    expect((await launch()).output).toBe("base as base with --flag");
  });

  it("starts the current program, else the one before, else the installed one", async () => {
    const { store, put, launch } = await aBase();
    await put("1-1.0", "previous");
    await put("2-1.1", "current");
    expect((await launch()).output).toMatch(/^2-1.1 as current/);
    await rm(join(store, "2-1.1/bin"), { recursive: true });
    expect((await launch()).output).toMatch(/^1-1.0 as previous/);
    await rm(join(store, "previous"));

    expect((await launch()).output).toMatch(/^base as base/);
  });

  it("starts a trial five times and then no more", async () => {
    const { put, launch } = await aBase();
    await put("1-1.0", "current");
    await put("2-1.1", "trial", { "bin/dvornik-edge": "#!/bin/sh\necho dies; exit 1\n" });

    const outputs: string[] = [];
    for (let i = 0; i < 7; i += 1) outputs.push((await launch()).output);

    expect(outputs.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "dies"));
    expect(outputs.slice(5)).toEqual(["1-1.0 as current with --flag", "1-1.0 as current with --flag"]);
  });

  it("starts no trial that has failed, nor one whose starts cannot be counted", async () => {
    const { store, put, launch } = await aBase();
    await put("2-1.1", "trial");
    await writeFile(join(store, "trial-failed"), "it was bad");
    expect((await launch()).output).toMatch(/^base as base/);
    await rm(join(store, "trial-failed"));
    await mkdir(join(store, "trial-starts"));

    expect((await launch()).output).toMatch(/^base as base/);
  });

  it("ends a trial that is not confirmed in time, whatever the program does", async () => {
    const { store, put, launch } = await aBase();
    // The minute that the launcher waits beyond UPDATE_TRIAL_S is taken off again here.
    await put("2-1.1", "trial", { "bin/dvornik-edge": "#!/bin/sh\nexec sleep 600\n" });

    expect((await launch({ UPDATE_TRIAL_S: "-55" })).status).toBeNull();

    expect(await readFile(join(store, "trial-failed"), "utf8")).toBe("it was not confirmed in time\n");
    expect((await launch()).output).toMatch(/^base as base/);
  });

  it("leaves a trial alone that was confirmed meanwhile", async () => {
    const { store, put, launch } = await aBase();
    const confirm = 'cd "$DATA_DIR/software" && mv trial current && sleep 7; echo still here';
    await put("2-1.1", "trial", { "bin/dvornik-edge": `#!/bin/sh\n${confirm}\n` });

    expect((await launch({ UPDATE_TRIAL_S: "-55" })).output).toBe("still here");

    await expect(readFile(join(store, "trial-failed"))).rejects.toThrow(/ENOENT/);
  });

  it("counts a start before it makes it", async () => {
    const { store, put, launch } = await aBase();
    await put("2-1.1", "trial", { "bin/dvornik-edge": '#!/bin/sh\nwc -c <"$DATA_DIR/software/trial-starts"\n' });
    await appendFile(join(store, "trial-starts"), "..");

    expect((await launch()).output.trim()).toBe("3");
  });
});
