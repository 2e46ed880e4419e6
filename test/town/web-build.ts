import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const STAMP = "cloud/web/dist/.sources";

/** Builds the web pages unless the present build was made from these very sources. Gives whether it built. */
export async function buildWeb(root: string): Promise<boolean> {
  const sources = globSync("{cloud/web,cloud/http,common}/**/*.{ts,tsx,css,html,svg}", {
    cwd: root,
    exclude: (name) => name.includes("dist"),
  }).sort();
  const hash = createHash("sha256");
  for (const source of [...sources, "package-lock.json"])
    hash.update(source).update(await readFile(join(root, source)));
  const digest = hash.digest("hex");
  const built = await readFile(join(root, STAMP), "utf8").catch(() => "none yet");
  if (built === digest) return false;
  await runVite(root);
  await writeFile(join(root, STAMP), digest);
  return true;
}

async function runVite(root: string): Promise<void> {
  const vite = spawn(
    process.execPath,
    [
      join(root, "node_modules/vite/bin/vite.js"),
      "build",
      "--config",
      "cloud/web/vite.config.ts",
      "--logLevel",
      "warn",
    ],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    vite.on("error", reject);
    vite.on("exit", resolve);
  });
  if (code !== 0) throw new Error(`building the web pages failed (vite left with ${code})`);
}
