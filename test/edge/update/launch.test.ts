import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { appendFile, copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
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
      env: { PATH: process.env.PATH, DATA_DIR: "data", LAUNCH_GRACE_S: "0", ...settings },
      stdio: ["ignore", "pipe", "ignore"],
      // A group of its own: what watches beside the program sleeps for some seconds after its end.
      detached: true,
    });
    onTestFinished(() => killGroup(child.pid));
    let output = "";
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes;
    });
    const status = await new Promise<number | null>((resolve) => child.on("exit", resolve));
    return { status, output: output.trim() };
  };
  return { store, put, launch };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of it is left.
  }
}

/** The machine's start, as the launcher notes it. */
const BOOT = `boot:${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
const noteOf = (starts: number, boot = BOOT) => `${boot}\n`.repeat(starts);
const DIES = { "bin/dvornik-edge": "#!/bin/sh\necho dies; exit 1\n" };

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
    const { store, put, launch } = await aBase();
    await put("1-1.0", "current");
    await put("2-1.1", "trial", DIES);

    const outputs: string[] = [];
    for (let i = 0; i < 7; i += 1) outputs.push((await launch()).output);

    expect(outputs.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "dies"));
    expect(outputs.slice(5)).toEqual(["1-1.0 as current with --flag", "1-1.0 as current with --flag"]);
    expect(await readFile(join(store, "trial-failed"), "utf8")).toMatch(/^it was started five times.*\n$/);
  });

  it("starts a trial again when the machine was switched off and on, but not for ever, and blames nobody then", async () => {
    const { store, put, launch } = await aBase();
    await put("2-1.1", "trial");
    await writeFile(join(store, "trial-starts"), noteOf(18, "boot:another"));

    expect((await launch()).output).toMatch(/^2-1.1 as trial/);
    expect((await launch()).output).toMatch(/^2-1.1 as trial/);
    expect((await launch()).output).toMatch(/^base as base/);

    expect(await readFile(join(store, "trial-failed"), "utf8")).toMatch(/twenty times.*\nlink\n$/);
  });

  it("gives the current program up, once, when ten starts did not last", async () => {
    const { store, put, launch } = await aBase();
    await put("1-1.0", "previous", DIES);
    await put("2-1.1", "current", { "bin/dvornik-edge": "#!/bin/sh\necho crashes; exit 1\n" });

    const outputs: string[] = [];
    for (let i = 0; i < 12; i += 1) outputs.push((await launch()).output);

    expect(outputs).toEqual([...Array.from({ length: 10 }, () => "crashes"), "dies", "dies"]);
    expect(await readFile(join(store, "current-failed"), "utf8")).toBe("2-1.1\n");
    // As the program before leaves it: it is current from now on, and nothing comes after it.
    await rename(join(store, "previous"), join(store, "current"));
    for (let i = 0; i < 12; i += 1) expect((await launch()).output).toBe("dies");
  });

  it("does not count starts of the current program that a switched off machine ended, nor those before one that lasted", async () => {
    const { store, put, launch } = await aBase();
    await put("2-1.1", "current", { "bin/dvornik-edge": "#!/bin/sh\necho here; exec sleep 7\n" });
    await writeFile(join(store, "current-starts"), noteOf(30, "boot:another"));
    expect((await launch({ LAUNCH_LASTED_S: "60" })).output).toBe("here");
    expect(await readFile(join(store, "current-starts"), "utf8")).toBe(noteOf(1));

    await writeFile(join(store, "current-starts"), noteOf(9));
    expect((await launch({ LAUNCH_LASTED_S: "5" })).output).toBe("here");

    await expect(readFile(join(store, "current-starts"))).rejects.toThrow(/ENOENT/);
  }, 40_000);

  it("starts the current program where its starts cannot be noted", async () => {
    const { store, put, launch } = await aBase();
    await put("2-1.1", "current");
    await mkdir(join(store, "current-starts"));

    expect((await launch()).output).toMatch(/^2-1.1 as current/);
  });

  it.each(["08", "0900", "9e2", "15m", "-5", " ", "1 2", "$(exit 3)", "x[0]", "99999999999999999999"])(
    "starts the program whatever a person has set: UPDATE_TRIAL_S=%s",
    async (UPDATE_TRIAL_S) => {
      const { put, launch } = await aBase();
      expect((await launch({ UPDATE_TRIAL_S })).output).toMatch(/^base as base/);
      await put("2-1.1", "trial");

      const others = { LAUNCH_GRACE_S: UPDATE_TRIAL_S, LAUNCH_LASTED_S: UPDATE_TRIAL_S };
      expect((await launch({ UPDATE_TRIAL_S, ...others })).output).toMatch(/^2-1.1 as trial/);
    },
  );

  it("is understood by every shell that a device may have", async () => {
    for (const shell of ["sh", "dash", "busybox"]) {
      const args = [...(shell === "busybox" ? ["sh"] : []), "-n", join(ROOT, "edge/update/launch.sh")];
      const { error, status, stderr } = spawnSync(shell, args, { encoding: "utf8" });
      if (error === undefined) expect([shell, status, stderr]).toEqual([shell, 0, ""]);
    }
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
    await put("2-1.1", "trial", { "bin/dvornik-edge": "#!/bin/sh\nexec sleep 600\n" });

    expect((await launch({ UPDATE_TRIAL_S: "5" })).status).toBeNull();

    expect(await readFile(join(store, "trial-failed"), "utf8")).toBe("it was not confirmed in time\n");
    expect((await launch()).output).toMatch(/^base as base/);
  });

  it("leaves a trial alone that was confirmed meanwhile", async () => {
    const { store, put, launch } = await aBase();
    const confirm = 'cd "$DATA_DIR/software" && mv trial current && sleep 7; echo still here';
    await put("2-1.1", "trial", { "bin/dvornik-edge": `#!/bin/sh\n${confirm}\n` });

    expect((await launch({ UPDATE_TRIAL_S: "5" })).output).toBe("still here");

    await expect(readFile(join(store, "trial-failed"))).rejects.toThrow(/ENOENT/);
  });

  it("counts a start before it makes it", async () => {
    const { store, put, launch } = await aBase();
    await put("2-1.1", "trial", { "bin/dvornik-edge": '#!/bin/sh\nwc -l <"$DATA_DIR/software/trial-starts"\n' });
    await appendFile(join(store, "trial-starts"), noteOf(2));

    expect((await launch()).output.trim()).toBe("3");
  });
});
