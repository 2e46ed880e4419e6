import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lowMemoryAssignments } from "../../../firmware-config/bundle/low-memory.ts";
import { ROOT } from "../../support/program.ts";

it("npm run edge starts the program with as little memory as a bundle does", async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));

  expect(scripts.edge).toBe(`exec env ${lowMemoryAssignments()} ./node26 edge/main.ts`);
});
