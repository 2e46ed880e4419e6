import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { probeMemoryLimits } from "../../../edge/doctor/probe-memory-limits.ts";
import { tempFolder } from "../../support/temp-folder.ts";

it("says when the kernel would not hold the memory limits of units", async () => {
  const file = join(await tempFolder(), "cgroup.controllers");
  const said = async (controllers: string) => {
    await writeFile(file, controllers);
    return (await probeMemoryLimits(file)).map(({ code }) => code);
  };

  expect(await said("cpuset cpu io pids\n")).toEqual(["memory-unlimited"]);
  expect(await said("cpuset cpu io memory pids\n")).toEqual([]);
  expect(await probeMemoryLimits(`${file}.none`)).toEqual([]);
});
