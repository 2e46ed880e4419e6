import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { JsonText } from "#kit/json-text.ts";
import { ReportCard } from "../../../models/eval/floor.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const MODEL = "models/waste-site";
const run = async (command: string, ...args: readonly string[]) =>
  await promisify(execFile)("./node26", [`models/eval/${command}-main.ts`, ...args]);

/** An operator's own folder: two classes, one photo cut off. */
async function aYard(): Promise<string> {
  const folder = join(await tempFolder(), "yard");
  const clean = await drawSite({ seed: 37, state: "clean", widthPx: 320, heightPx: 240 });
  const overflow = await drawSite({ seed: 11, state: "overflow", widthPx: 320, heightPx: 240 });
  for (const label of ["clean", "overflow"]) await mkdir(join(folder, label), { recursive: true });
  await writeFile(join(folder, "clean", "kirov-1.jpg"), clean);
  await writeFile(join(folder, "clean", "kirov-2.jpg"), clean.subarray(0, 2_000));
  await writeFile(join(folder, "overflow", "IMG_7.jpg"), overflow);
  return folder;
}

describe("eval:model and eval:compare", { timeout: 240_000 }, () => {
  it("judge an operator's own folder, name what cannot be decoded, and write report and figures where told", async () => {
    const yard = await aYard();
    const report = join(await tempFolder(), "mine.md");

    await run("evaluate", "--photos", yard, "--report", report, "--limit", "2", "--no-latency");

    const text = await readFile(report, "utf8");
    expect(text).toContain("judged 2 photos");
    expect(text).toContain("Could not be decoded, and count nowhere: `kirov-2.jpg`");
    expect(text).toContain("| kirov | 1 + 0 + 0 + 0 |");
    expect(text).toContain("| yard | 0 + 1 + 0 + 0 |");
    expect(text).toContain("Real pairs were not tried");
    const card = JsonText.pipe(ReportCard).parse(await readFile(join(report, "../mine.json"), "utf8"));
    expect(card.sets[""]?.photos).toBe(2);
  });

  it("find a model not distinguishable from itself", async () => {
    const { stdout } = await run("compare", "--photos", await aYard(), "--old", MODEL, "--new", MODEL);

    expect(stdout).toContain("On four-way the new model is not distinguishable from the old one: 0.000");
  });

  it("say what to do when they cannot work", async () => {
    await expect(run("evaluate", "--photos", await tempFolder())).rejects.toThrow(/no photos in .*: put them as clean/);
    await expect(run("compare", "--photos", "x")).rejects.toThrow(/--old, --new wanted; --help says more/);
  });
});
