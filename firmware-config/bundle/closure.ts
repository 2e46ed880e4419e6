import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";

/** All that a program needs of this repository. Paths are relative to its root. */
export interface Closure {
  /** TypeScript sources. */
  readonly sources: readonly string[];
  /** Other files that a source names beside itself, as `new URL("./page.html", import.meta.url)`. */
  readonly assets: readonly string[];
  /** Names of npm packages that a source imports. */
  readonly packages: readonly string[];
}

/**
 * What a source names of our files and of packages: what is imported, what a worker or another process is started with
 * (`"./journal-worker.ts"`), what is read beside it (`new URL("./x", import.meta.url)`).
 */
const NAMED = [
  /^(?:import|export|\})[^"\n]*\bfrom "(?<imported>[^"]+)"/gm,
  /\bimport(?: |\()"(?<imported>[^"]+)"/g,
  /\bnew URL\("(?<imported>\.{1,2}\/[^"]+)", import\.meta\.url\)/g,
  /"(?<beside>[\w-]+\.ts)"/g,
] as const;
const OURS = /^#([a-z]+)\/(.+)$/;
/** Made anew for each bundle. */
const PROJECT = "package.json";

/** Follows what the sources name, from the entries on. Throws where a named file of ours is missing. */
export function closureOf(root: string, entries: readonly string[]): Closure {
  const sources = new Set<string>();
  const assets = new Set<string>();
  const packages = new Set<string>();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (sources.has(file)) continue;
    sources.add(file);
    const source = stripTypeScriptTypes(readFileSync(join(root, file), "utf8"));
    for (const { groups } of NAMED.flatMap((named) => [...source.matchAll(named)])) {
      const { imported, beside } = groups ?? {};
      const target = fileOf(root, file, imported ?? `./${beside}`);
      if (target === undefined) {
        if (imported !== undefined && !imported.startsWith("node:")) packages.add(packageOf(imported));
      } else if (!existsSync(join(root, target))) {
        if (imported !== undefined) throw new Error(`${file} names ${target}, which is not there`);
      } else if (target.endsWith(".ts")) waiting.push(target);
      else if (target !== PROJECT) assets.add(target);
    }
  }
  return { sources: [...sources].sort(), assets: [...assets].sort(), packages: [...packages].sort() };
}

/** The file that a text names, or undefined where it names a package. */
function fileOf(root: string, file: string, name: string): string | undefined {
  const [, room, path] = OURS.exec(name) ?? [];
  if (room !== undefined && path !== undefined) return join("common", room, path);
  return name.startsWith(".") ? relative(root, join(root, dirname(file), name)) : undefined;
}

/** `@scope/name/part` is of the package `@scope/name`. */
const packageOf = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
