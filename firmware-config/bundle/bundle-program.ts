import { chmod, copyFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { JsonText } from "#kit/json-text.ts";
import { closureOf } from "./closure.ts";
import { type Arch, installPackages, nodePackage, Project, prunePackages } from "./install-packages.ts";
import { lowMemoryAssignments } from "./low-memory.ts";
import { filesBelow } from "./tar.ts";
import { toJavaScript } from "./to-javascript.ts";

/** The programs that there are bundles for: what each starts with, and the folders of data that it reads. */
export const BUNDLES = {
  edge: {
    entries: ["edge/main.ts", "edge/update/self-test-main.ts", "edge/doctor/doctor-main.ts"],
    folders: ["models/waste-site"],
  },
  gateway: { entries: ["gateway/main.ts", "firmware-config/enrol.ts"], folders: [] },
} as const;
export type BundleName = keyof typeof BUNDLES;

/** What came out. */
export interface Bundle {
  readonly files: number;
  readonly bytes: number;
  /** By what lies at the top, the largest first. */
  readonly parts: readonly (readonly [name: string, bytes: number])[];
}

/**
 * Writes a program as a machine runs it, with nothing to fetch or compile there: JavaScript without types, the packages
 * it imports, and Node itself, in `bin/node`. The folder must be empty or not there.
 */
export async function bundleProgram(
  root: string,
  name: BundleName,
  arch: Arch,
  folder: string,
  counter?: number,
): Promise<Bundle> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty: name another folder`);
  const project = JsonText.pipe(Project).parse(await readFile(join(root, "package.json"), "utf8"));
  const { entries, folders } = BUNDLES[name];
  const { sources, assets, packages } = closureOf(root, entries);

  await installPackages(root, folder, { names: packages, arch, project });
  await takeNode(folder, arch);
  await prunePackages(join(folder, "node_modules"), arch);
  for (const source of sources) {
    const target = await placeFor(folder, source.replace(/\.ts$/, ".js"));
    await writeFile(target, toJavaScript(await readFile(join(root, source), "utf8")));
  }
  for (const asset of assets) await copyFile(join(root, asset), await placeFor(folder, asset));
  for (const data of folders) await cp(join(root, data), join(folder, data), { recursive: true });
  await copyFile(join(root, "LICENSE"), join(folder, "LICENSE"));
  const { version, license, imports } = project;
  const own = { name: `dvornik-${name}`, version, license, private: true, type: "module", imports, arch, counter };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
  await writeLauncher(folder, name, entries[0]);
  if (name === "edge") {
    await copyFile(join(root, "edge/update/launch.sh"), join(folder, "bin/dvornik-launch"));
    await chmod(join(folder, "bin/dvornik-launch"), 0o755);
  }
  return await measure(folder);
}

/** Makes the folder that a file of the bundle lies in, and gives the file's place. */
async function placeFor(folder: string, path: string): Promise<string> {
  const place = join(folder, path);
  await mkdir(dirname(place), { recursive: true });
  return place;
}

/** Of the package that brings Node only the program and its licence are kept. */
async function takeNode(folder: string, arch: Arch): Promise<void> {
  const from = join(folder, "node_modules", nodePackage(arch));
  const node = await placeFor(folder, "bin/node");
  await rename(join(from, "bin/node"), node);
  await chmod(node, 0o755);
  await rename(join(from, "LICENSE"), join(folder, "bin/LICENSE.node"));
  await rm(from, { recursive: true });
}

/** `bin/dvornik-edge`: the program with its own Node, from wherever the bundle lies. */
async function writeLauncher(folder: string, name: BundleName, entry: string): Promise<void> {
  const main = entry.replace(/\.ts$/, ".js");
  const lines = ["#!/bin/sh", 'here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)'];
  const environment = name === "edge" ? `env ${lowMemoryAssignments()} ` : "";
  const text = [...lines, `exec ${environment}"$here/bin/node" "$here/${main}" "$@"`, ""].join("\n");
  await writeFile(join(folder, "bin", `dvornik-${name}`), text, { mode: 0o755 });
}

async function measure(folder: string): Promise<Bundle> {
  const files = await filesBelow(folder);
  const sizes = new Map<string, number>();
  let bytes = 0;
  for (const file of files) {
    const { size } = await stat(join(folder, file));
    bytes += size;
    const [top = file] = file.split("/");
    sizes.set(top, (sizes.get(top) ?? 0) + size);
  }
  return { files: files.length, bytes, parts: [...sizes].sort(([, one], [, other]) => other - one) };
}
