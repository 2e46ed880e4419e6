import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { tempFolder } from "../../../support/temp-folder.ts";

const MAIN = new URL("../../../../cloud/air/eval/main.ts", import.meta.url).pathname;
/** The command as a person runs it. */
const evalAir = async (...args: string[]) => (await promisify(execFile)(process.execPath, [MAIN, ...args])).stdout;

it("takes hours behind UTC as two words, too", async () => {
  const file = join(await tempFolder(), "pairs.csv");
  const rows = Array.from({ length: 60 }, (_, i) => `2020-01-0${1 + Math.floor(i / 24)} ${i % 24}:00,${i},${i + 1}`);
  await writeFile(file, `created_at,pm2_5,ref_pm2_5\n${rows.join("\n")}\n`);

  const { pairs } = JSON.parse(await evalAir("--pairs", file, "--utc-offset", "-5", "--json"));

  expect(pairs.earlier.from).toBe(Date.UTC(2020, 0, 1, 5));
});
