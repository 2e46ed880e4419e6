import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";
import { runProgram } from "#kit/run-program.ts";

/** The machines that there are bundles for. */
export const ARCHES = ["arm64", "x64"] as const;
export type Arch = (typeof ARCHES)[number];

const Versions = z.record(z.string(), z.string());
/** What of `package.json` becomes that of a bundle. */
export const Project = z.object({
  version: z.string(),
  license: z.string(),
  imports: Versions,
  dependencies: Versions,
  optionalDependencies: Versions,
});
export type Project = z.infer<typeof Project>;

const Lock = JsonText.pipe(z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) }));
/** Of the registry, over a slow line. */
const INSTALL_WITHIN_MS = 15 * 60_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Installs the named packages and Node for another machine, in the versions and with the hashes of our lock file. No
 * package's script runs. Needs the npm registry or npm's own cache.
 */
export async function installPackages(
  root: string,
  folder: string,
  { names, arch, project }: { readonly names: readonly string[]; readonly arch: Arch; readonly project: Project },
): Promise<void> {
  const node = nodePackage(arch);
  const dependencies = Object.fromEntries(names.map((name) => [name, versionOf(project.dependencies, name)]));
  const optionalDependencies = { [node]: versionOf(project.optionalDependencies, node) };
  const wanted = { name: "dvornik-bundle", version: project.version, dependencies, optionalDependencies };
  const lockText = await readFile(join(root, "package-lock.json"), "utf8");
  await writeFile(join(folder, "package.json"), JSON.stringify(wanted));
  await writeFile(join(folder, "package-lock.json"), lockText);
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const args = ["install", "--omit=dev", "--os=linux", `--cpu=${arch}`, "--libc=glibc", ...quiet];
  const bounds = { withinMs: INSTALL_WITHIN_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
  const npm = { command: "npm", args, cwd: folder, environment: process.env, ...bounds };
  const { status, complaints } = await runProgram(npm, AbortSignal.timeout(INSTALL_WITHIN_MS));
  if (status !== 0) throw new Error(`npm could not fetch the packages; is the registry reached?\n${complaints}`);
  await requireOurVersions(lockText, join(folder, "package-lock.json"));
  await rm(join(folder, "package-lock.json"));
}

/** The npm package that holds Node for a machine. */
export const nodePackage = (arch: Arch): string => `node-linux-${arch}`;

function versionOf(versions: Readonly<Record<string, string>>, name: string): string {
  const version = versions[name];
  if (version === undefined) throw new Error(`${name} is imported but is no dependency of package.json`);
  return version;
}

/** npm keeps what the lock file says; this is what makes sure of it. */
async function requireOurVersions(oursText: string, installedFile: string): Promise<void> {
  const ours = Lock.parse(oursText);
  const installed = Lock.parse(await readFile(installedFile, "utf8"));
  const other = Object.entries(installed.packages).filter(
    ([path, { version }]) => path !== "" && ours.packages[path]?.version !== version,
  );
  if (other.length > 0)
    throw new Error(`npm chose other versions than package-lock.json: ${other.map(([path]) => path)}`);
}

/** Files that only developers read; texts stay, since some are licences. */
const NOT_RUN = /\.(map|[mc]?ts|cc|cpp|c|h|hpp|gypi?)$|^(tsconfig.*\.json|\.eslintrc.*|\.npmignore)$/i;

/** Folders at a package's root that it does not load; some hold names that no device would unpack. */
const NOT_LOADED = /^(tests?|fixtures?|examples?|benchmarks?)$/i;

/** Takes away what this machine never runs: other machines' native libraries, tests, types, maps, texts. */
export async function prunePackages(modules: string, arch: Arch): Promise<void> {
  await keepOnly(join(modules, "@serialport/bindings-cpp/prebuilds"), [`linux-${arch}`]);
  const onnx = join(modules, "onnxruntime-node/bin");
  for (const abi of await namesIn(onnx)) {
    await keepOnly(join(onnx, abi), ["linux"]);
    await keepOnly(join(onnx, abi, "linux"), [arch]);
  }
  await rm(join(modules, "@types"), { recursive: true, force: true });
  await rm(join(modules, ".package-lock.json"), { force: true });
  await pruneNotLoaded(modules);
  for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && NOT_RUN.test(entry.name)) {
      await rm(join(entry.parentPath, entry.name));
    }
    if (entry.isSymbolicLink()) await rm(join(entry.parentPath, entry.name));
  }
}

async function pruneNotLoaded(modules: string): Promise<void> {
  for (const name of await namesIn(modules)) {
    const packages = name.startsWith("@") ? await namesIn(join(modules, name)) : [""];
    for (const root of packages.map((inner) => join(modules, name, inner))) {
      const idle = (await namesIn(root)).filter((child) => NOT_LOADED.test(child));
      for (const child of idle) await rm(join(root, child), { recursive: true, force: true });
      await pruneNotLoaded(join(root, "node_modules"));
    }
  }
}

async function keepOnly(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!kept.includes(name)) await rm(join(folder, name), { recursive: true });
  }
}

/** The names in a folder; none where it is not there. */
const namesIn = async (folder: string): Promise<readonly string[]> => await readdir(folder).catch(() => []);
