import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { wait } from "#kit/wait.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { startArtefactServer } from "./artefact-server.ts";
import { MODEL, operator, publishModel, SHIPPED } from "./updates-support.ts";

/** A device with an update before it; `start` runs it in a process of its own. */
async function aDevice() {
  const server = await startArtefactServer();
  const folder = await tempFolder();
  const { update, sha256 } = await publishModel(server, 2);
  const file = join(folder, "update.json");
  await writeFile(file, JSON.stringify(update));
  const start = () => {
    const args = [folder, server.url, MODEL, operator.publicKey, file];
    const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, "updating-program.ts"), ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (bytes: Buffer) => {
      output += bytes;
    });
    const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
    const kill = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    onTestFinished(kill);
    return {
      kill,
      says: (text: string) => until(`it says ${text}`, () => output.includes(text), 60_000),
      output: () => output,
    };
  };
  return { start, server, sha256 };
}

describe("a device that is killed while it takes an update", () => {
  it.each([
    ["downloading", 150],
    ["downloading", 450],
    ["testing", 0],
    ["testing", 1_500],
    ["trial", 0],
  ])(
    "while it is %s, after %d ms, starts with a whole model and comes to its end",
    async (stage, afterMs) => {
      const { start, sha256 } = await aDevice();
      const first = start();
      await first.says(`stage ${stage}`);
      await wait(afterMs);
      await first.kill();

      const second = start();
      await second.says("model ");
      await until(
        "the trial",
        () => second.output().includes("stage trial") || second.output().includes(`model ${sha256}`),
        60_000,
      );
      await second.kill();
      const third = start();
      await third.says("\n");

      expect([`model ${SHIPPED.sha256}`, `model ${sha256}`]).toContain(second.output().split("\n")[0]);
      expect(third.output().split("\n")[0]).toBe(`model ${sha256}`);
    },
    120_000,
  );

  it("does not fetch again what it had", async () => {
    const { start, server } = await aDevice();
    const first = start();
    await first.says("stage downloading");
    await until(
      "half of it was asked for",
      () => server.asked.some((range) => range.startsWith("bytes=2097152-")),
      20_000,
    );
    await first.kill();
    const before = server.asked.filter((range) => range === "bytes=0-1048575").length;

    await start().says("stage testing");

    expect(server.asked.filter((range) => range === "bytes=0-1048575")).toHaveLength(before);
  }, 90_000);
});
