import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execPath } from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Program, runProgram } from "#kit/run-program.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";

const never = new AbortController().signal;
const KIT = resolve(import.meta.dirname, "../../../common/kit/run-program.ts");

const run = (script: string, change: Partial<Program> = {}) => {
  const environment = { PATH: "/usr/bin:/bin" };
  const program = { command: "sh", args: ["-c", script], environment, withinMs: 20_000, maxOutputBytes: 1_000 };
  return runProgram({ ...program, ...change }, never);
};

describe("runProgram", () => {
  it("gives status, output and the end of what was complained of", async () => {
    const { status, output, complaints } = await run("echo out; echo complaint >&2; exit 3");

    expect([status, output.toString(), complaints]).toEqual([3, "out\n", "complaint\n"]);
  });

  it("counts a signal as a shell does", async () => {
    expect((await run("kill -TERM $$")).status).toBe(128 + 15);
  });

  it("runs in the folder that it is given, with nothing but the environment that it is given", async () => {
    const folder = await tempFolder();

    const { output } = await run('echo "$PWD"; env | sort', {
      cwd: folder,
      environment: { ONLY: "this", PATH: "/bin" },
    });

    const lines = output.toString().trim().split("\n");
    expect(lines[0]).toBe(folder);
    expect(lines.slice(1).map((line) => line.split("=")[0])).toEqual(expect.arrayContaining(["ONLY", "PATH"]));
    expect(lines.some((line) => line.startsWith("HOME="))).toBe(false);
  });

  it("does not let what a program started outlive it", async () => {
    const { output } = await run("sleep 600 >/dev/null 2>&1 & echo $!");
    const state = async () =>
      /^State:\s+(\w)/m.exec(await readFile(`/proc/${output.toString().trim()}/status`, "utf8"))?.[1];

    await until("it is gone", async () => ["Z", "X"].includes((await state().catch(() => "X")) ?? "X"));
  });

  it("does not wait for one who left the group and holds the pipes", async () => {
    const folder = await tempFolder();
    const leaves = `setsid sh -c 'echo $$ > "${folder}/pid"; exec sleep 600' & while [ ! -s "${folder}/pid" ]; do :; done; wait`;

    await expect(run(leaves, { withinMs: 2_000 })).rejects.toMatchObject({ trouble: "too-long" });

    process.kill(Number(await readFile(join(folder, "pid"), "utf8")), "SIGKILL");
  });

  it.each<[string, Partial<Program>]>([
    ["not-found", { command: "no-such-program" }],
    ["not-allowed", { command: "/etc/passwd" }],
    ["too-much", { args: ["-c", "head -c 100000 /dev/zero"] }],
    ["too-long", { args: ["-c", "exec sleep 600"], withinMs: 100 }],
  ])("says %s", async (trouble, change) => {
    await expect(run("", change)).rejects.toMatchObject({ code: "program-failed", trouble });
  });

  it("survives that no file may be opened any more", async () => {
    const script = join(await tempFolder(), "full.mjs");
    const program = JSON.stringify({ command: "true", args: [], environment: {}, withinMs: 1000, maxOutputBytes: 10 });
    await writeFile(
      script,
      `import { openSync } from "node:fs";
       import { runProgram } from ${JSON.stringify(KIT)};
       try { for (;;) openSync("/dev/null", "r"); } catch {}
       const failed = await runProgram(${program}, new AbortController().signal).catch((error) => error);
       setTimeout(() => process.stderr.write("alive: " + failed.message), 50);`,
    );

    const limited = promisify(execFile)("sh", ["-c", `ulimit -n 64; exec "${execPath}" "${script}"`]);

    expect((await limited).stderr).toBe("alive: true could not be started (EMFILE)");
  });
});
