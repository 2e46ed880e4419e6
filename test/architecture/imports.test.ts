import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/** What each room may import, besides itself (design, section 6). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "common/kit": [],
  "common/mqtt": ["common/kit"],
  "common/contract": ["common/kit", "common/mqtt"],
  "common/journal": ["common/kit", "common/mqtt", "common/contract"],
  "common/uplink": ["common/kit", "common/mqtt", "common/contract", "common/journal"],
  "firmware-config": ["common"],
  edge: ["common", "firmware-config"],
  gateway: ["common", "firmware-config"],
  cloud: ["common", "firmware-config"],
  models: ["common", "edge"],
  test: ["common", "firmware-config", "edge", "gateway", "cloud", "models"],
};

const root = resolve(import.meta.dirname, "../..");
const files = globSync("{common,edge,gateway,cloud,firmware-config,models,test}/**/*.{ts,tsx}", {
  cwd: root,
  exclude: (name) => name.includes("node_modules") || name.includes("dist"),
});

const roomOf = (file: string) => Object.keys(MAY_IMPORT).find((room) => file.startsWith(`${room}/`)) ?? "?";

/** The files (from the root) that a source file imports. */
function importsOf(file: string): readonly string[] {
  const source = readFileSync(join(root, file), "utf8");
  const named = [...source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => name ?? "");
  return named.flatMap((name) => {
    if (name.startsWith("#")) return [`common/${name.slice(1)}`];
    return name.startsWith(".") ? [relative(root, resolve(root, dirname(file), name))] : [];
  });
}

describe("the rooms of the house", () => {
  it("are all looked at", () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it("import in one direction only, and edge, gateway and cloud never each other", () => {
    const wrong = files.flatMap((file) => {
      const room = roomOf(file);
      const allowed = [room, ...(MAY_IMPORT[room] ?? [])];
      return importsOf(file)
        .filter((target) => !allowed.some((prefix) => target.startsWith(`${prefix}/`)))
        .map((target) => `${file} imports ${target}`);
    });

    expect(wrong).toEqual([]);
  });

  it("never import a main.ts", () => {
    const wrong = files.filter((file) => importsOf(file).some((target) => /(^|\/)main\.tsx?$/.test(target)));

    expect(wrong).toEqual([]);
  });

  it("spell topics in one file only", () => {
    const wrong = files.filter(
      (file) =>
        !file.startsWith("test/") &&
        file !== "common/contract/topics.ts" &&
        /["'`]dv1\//.test(readFileSync(join(root, file), "utf8")),
    );

    expect(wrong).toEqual([]);
  });
});
