import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openRunRecord, type RunHistory } from "../../../edge/health/run-record.ts";
import { ROOT } from "../../support/program.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12);

/** One run in a process of its own, which then does `script`; gives what it knew of the runs before. */
async function runOnce(folder: string, script: string, { kernel = "boot-a", settleMs = 600_000 } = {}) {
  const program = `
    import { openRunRecord } from ${JSON.stringify(join(ROOT, "edge/health/run-record.ts"))};
    const options = ${JSON.stringify({ folder, software: "0.1.0", kernel, settleMs })};
    const record = await openRunRecord({ ...options, nowMs: () => ${NOW_MS}, onTrouble: () => {} });
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    cwd: ROOT,
    stdio: "ignore",
  });
  await once(child, "exit");
}

/** What a run in this process knows of those before it; it leaves no trace. */
async function historyIn(folder: string, kernel: string | null = "boot-a"): Promise<RunHistory> {
  const file = join(folder, "runs.json");
  const before = await readFile(file, "utf8").catch(() => undefined);
  const record = await openRunRecord({ folder, software: "0.1.0", kernel, nowMs: () => NOW_MS, onTrouble: () => {} });
  await record.close();
  if (before !== undefined) await writeFile(file, before);
  return record.history;
}

const CLEAN = "await record.close();";
const KILLED = "process.kill(process.pid, 'SIGKILL');";
const CRASHED = "throw new Error('the sensor table is empty');";

describe("openRunRecord", () => {
  it("knows of no run at the first start", async () => {
    expect(await historyIn(await tempFolder())).toMatchObject({ last: null, starts: 1, isLooping: false });
  });

  it.each([
    ["clean", CLEAN, "boot-a"],
    ["killed", KILLED, "boot-a"],
    ["crashed", CRASHED, "boot-a"],
    ["power", KILLED, "boot-b"],
    ["crashed", CRASHED, "boot-b"],
  ])("says that the last run ended as %s (%s, then kernel %s)", async (end, script, kernel) => {
    const folder = await tempFolder();
    await runOnce(folder, script);

    const { last, days } = await historyIn(folder, kernel);

    expect(last).toMatchObject({ end, error: end === "crashed" ? "the sensor table is empty" : null });
    expect(days).toEqual({ "2026-11-22": { [end]: 1 } });
  });

  it("keeps the reason of a promise that nobody caught, and of a start that was given up", async () => {
    const folder = await tempFolder();
    await runOnce(
      folder,
      "void Promise.reject(new Error('nobody caught it')); await new Promise((on) => setTimeout(on, 1000));",
    );
    const uncaught = await historyIn(folder);
    await runOnce(folder, "process.exit(1);");
    const givenUp = await historyIn(folder);

    expect(uncaught.last?.error).toBe("nobody caught it");
    expect(givenUp.last?.error).toMatch(/exit code 1/);
  });

  it("believes what systemd said of an end, once", async () => {
    const folder = await tempFolder();
    await runOnce(folder, KILLED);
    await writeFile(join(folder, "service-result"), "watchdog dumped ABRT\n");
    await runOnce(folder, KILLED);
    const record = await historyIn(folder);

    expect(record.days).toEqual({ "2026-11-22": { watchdog: 1, killed: 1 } });
  });

  it("sees that the program fails again and again, but not in a truck whose power is cut each stop", async () => {
    const [crashing, truck, settled] = [await tempFolder(), await tempFolder(), await tempFolder()];
    for (let i = 0; i < 3; i += 1) {
      await runOnce(crashing, CRASHED);
      await runOnce(truck, KILLED, { kernel: `boot-${i}` });
      await runOnce(settled, "setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);", { settleMs: 1 });
    }

    expect((await historyIn(crashing)).isLooping).toBe(true);
    expect((await historyIn(truck, "boot-9")).isLooping).toBe(false);
    expect((await historyIn(settled)).isLooping).toBe(false);
  });

  it("begins anew with a record that cannot be understood", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, "runs.json"), "{half a re");

    expect((await historyIn(folder)).starts).toBe(1);
  });
});
