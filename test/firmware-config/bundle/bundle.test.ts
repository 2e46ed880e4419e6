import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { closureOf } from "../../../firmware-config/bundle/closure.ts";
import { prunePackages } from "../../../firmware-config/bundle/install-packages.ts";
import { filesBelow, packFolder } from "../../../firmware-config/bundle/tar.ts";
import { toJavaScript } from "../../../firmware-config/bundle/to-javascript.ts";
import { ROOT } from "../../support/program.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const run = promisify(execFile);

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

describe("what a bundle holds", () => {
  it("follows imports, workers, programs of their own and files beside the source", async () => {
    const folder = await tempFolder();
    await write(folder, {
      "a/main.ts": `import { x } from "./x.ts";\nimport type { T } from "./only-types.ts";\nimport { z } from "zod/mini";\n// from "nowhere"\n`,
      "a/x.ts": `const w = new URL("./worker.ts", import.meta.url);\nconst p = join(import.meta.dirname, "own-main.ts");\nexport const x = [w, p];`,
      "a/worker.ts": `import { k } from "#kit/k.ts";\nconst later = await import("@scope/thing/part");`,
      "a/own-main.ts": `const page = new URL("./page.html", import.meta.url);`,
      "a/page.html": "<p>",
      "common/kit/k.ts": `import {\n  type A,\n  b,\n} from "node:fs";\nexport const k = 1;`,
    });

    expect(closureOf(folder, ["a/main.ts"])).toEqual({
      sources: ["a/main.ts", "a/own-main.ts", "a/worker.ts", "a/x.ts", "common/kit/k.ts"],
      assets: ["a/page.html"],
      packages: ["@scope/thing", "zod"],
    });
  });

  it("says which source names a file that is not there", async () => {
    const folder = await tempFolder();
    await write(folder, { "a/main.ts": `import "./gone.ts";` });

    expect(() => closureOf(folder, ["a/main.ts"])).toThrow("a/main.ts names a/gone.ts");
  });

  it("has all that the edge needs and nothing of the gateway, the cloud or the tests", () => {
    const { sources, packages } = closureOf(ROOT, ["edge/main.ts"]);

    expect(sources).toEqual(
      expect.arrayContaining([
        "edge/camera/libcamera-still-main.ts",
        "edge/outbox/gap-writer.ts",
        "common/journal/journal-worker.ts",
        "firmware-config/settings/edge-settings.ts",
      ]),
    );
    expect(sources.filter((file) => !/^(edge|common|firmware-config)\//.test(file))).toEqual([]);
    expect(packages).toEqual(
      expect.arrayContaining(["mqtt", "node-libcamera", "onnxruntime-node", "serialport", "sharp", "zod"]),
    );
    expect(packages).not.toContain("aedes");
  });
});

describe("toJavaScript", () => {
  it("leaves no type, and names the files that lie in the bundle", () => {
    const source = `import type { A } from "./a.ts";\nimport { b } from "#kit/b.ts";\nconst w: URL = new URL("./w.ts", import.meta.url);\nconst n = "c-main.ts";`;

    const lines = toJavaScript(source)
      .split("\n")
      .map((line) => line.trim().replaceAll(/ +/g, " "));

    expect(lines).toEqual([
      "",
      'import { b } from "#kit/b.js";',
      'const w = new URL("./w.js", import.meta.url);',
      'const n = "c-main.js";',
    ]);
  });
});

describe("packFolder", () => {
  it("makes the same archive of the same files each time, which tar unpacks", async () => {
    const folder = await tempFolder();
    const long = `${"deep/".repeat(20)}file-of-a-name-that-is-long.txt`;
    await write(folder, { "in/run": "#!/bin/sh\n", [`in/${long}`]: "x".repeat(70_000), "in/empty": "" });
    await chmod(join(folder, "in/run"), 0o755);

    await packFolder(join(folder, "in"), join(folder, "one.tar.gz"));
    await packFolder(join(folder, "in"), join(folder, "two.tar.gz"));
    await mkdir(join(folder, "out"));
    await run("tar", ["-xzf", join(folder, "one.tar.gz"), "-C", join(folder, "out")]);

    expect(await readFile(join(folder, "one.tar.gz"))).toEqual(await readFile(join(folder, "two.tar.gz")));
    expect(await readFile(join(folder, "out", long), "utf8")).toBe("x".repeat(70_000));
    expect((await stat(join(folder, "out/run"))).mode & 0o111).not.toBe(0);
    expect((await stat(join(folder, "out/empty"))).mode & 0o111).toBe(0);
  });

  it("refuses a name that no device would unpack, before anybody signs it", async () => {
    const folder = await tempFolder();
    await write(folder, { "in/hello world.txt": "x" });

    await expect(packFolder(join(folder, "in"), join(folder, "one.tar.gz"))).rejects.toThrow(/hello world/);
  });
});

describe("prunePackages", () => {
  it("takes away what packages do not load, with its odd names, and leaves what they do", async () => {
    const folder = await tempFolder();
    await write(folder, {
      "one/fixture/hello world.txt": "x",
      "one/index.js": "",
      "one/lib/test/needed.js": "",
      "@scope/two/tests/a.js": "",
      "@scope/two/two.js": "",
      "one/node_modules/three/test/a.js": "",
      "test/index.js": "",
    });

    await prunePackages(folder, "x64");

    expect(await filesBelow(folder)).toEqual([
      "@scope/two/two.js",
      "one/index.js",
      "one/lib/test/needed.js",
      "test/index.js",
    ]);
  });
});
