import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../../support/temp-folder.ts";

const PROGRAM = join(import.meta.dirname, "logging-program.ts");

/** Runs the program with these for standard output and standard error; gives its code and what it left in its file. */
async function runWith(stdout: number | "pipe", stderr: number | "pipe") {
  const file = join(await tempFolder(), "done.txt");
  const program = spawn(process.execPath, [PROGRAM, file], { stdio: ["ignore", stdout, stderr] });
  program.stdout?.destroy();
  program.stderr?.destroy();
  const [code] = await once(program, "exit");
  return { code, text: await readFile(file, "utf8").catch(() => "nothing") };
}

describe("createLogger", () => {
  it.skipIf(!existsSync("/dev/full"))("never ends the program when the disk under its log is full", async () => {
    const full = await open("/dev/full", "w");
    onTestFinished(() => full.close());

    expect(await runWith(full.fd, full.fd)).toEqual({ code: 0, text: "still here" });
  });

  it("never ends the program when nobody reads its log", async () => {
    expect(await runWith("pipe", "pipe")).toEqual({ code: 0, text: "still here" });
  });
});
