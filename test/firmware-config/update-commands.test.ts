import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isUpdateSigned, SignedUpdate } from "#contract/updates.ts";
import { ROOT } from "../support/program.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Runs a command of the shell as `npm run` does. */
async function run(command: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [join(ROOT, "firmware-config", `${command}.ts`), ...args], { cwd: ROOT });
  let output = "";
  child.stdout.on("data", (bytes: Buffer) => (output += bytes));
  child.stderr.on("data", (bytes: Buffer) => (output += bytes));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, output };
}

async function anOperator() {
  const folder = await tempFolder();
  const key = join(folder, "operator.pem");
  const { output } = await run("update-key", "--out", key);
  const publicKey = /UPDATE_KEYS=(\S+)/.exec(output)?.[1] ?? "";
  return { folder, key, publicKey, out: join(folder, "out") };
}

describe("update:key", () => {
  it("makes a private key that only its owner may read, and prints the public one", async () => {
    const { key, publicKey } = await anOperator();

    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(publicKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await readFile(key, "utf8")).toContain("BEGIN PRIVATE KEY");
  });

  it("never writes over a key", async () => {
    const { key } = await anOperator();
    const before = await readFile(key, "utf8");

    const { status, output } = await run("update-key", "--out", key);

    expect([status, output]).toEqual([1, expect.stringContaining("is there already")]);
    expect(await readFile(key, "utf8")).toBe(before);
  });
});

describe("update:sign", () => {
  it("signs the shipped model with its samples, and lays the files out by their hashes", async () => {
    const { key, publicKey, out } = await anOperator();

    const { status, output } = await run(
      "update-sign",
      ...["--key", key, "--kind", "model", "--counter", "2", "--expires", "2099-01-01", "--out", out],
      "models/waste-site",
    );

    expect([status, output]).toEqual([0, expect.stringContaining("model waste-site")]);
    const names = await readdir(out);
    const json = names.find((name) => name.endsWith(".update.json")) ?? "";
    const signed = SignedUpdate.parse(JSON.parse(await readFile(join(out, json), "utf8")));
    expect(isUpdateSigned(signed, [publicKey])).toBe(true);
    expect(signed.manifest).toMatchObject({ kind: "model", counter: 2, expiresAt: Date.UTC(2099, 0, 1) });
    expect(signed.manifest.files.map(({ name }) => name)).toContain("model.int8.onnx");
    for (const { sha256, bytes } of signed.manifest.files) {
      const file = await readFile(join(out, sha256));
      expect([createHash("sha256").update(file).digest("hex"), file.length]).toEqual([sha256, bytes]);
    }
  });

  it.each([
    ["a key that others may read", ["--counter", "2", "--expires", "2099-01-01"], /chmod 600/],
    ["an end in the past", ["--counter", "2", "--expires", "2020-01-01"], /lies in the past/],
    ["an end that is no time", ["--counter", "2", "--expires", "soon"], /--expires must be like/],
    ["a counter that is none", ["--counter", "0", "--expires", "2099-01-01"], /counter|>=1/i],
    ["a kind that is none", ["--counter", "2", "--expires", "2099-01-01", "--kind", "shoes"], /--kind must be/],
  ])("says in one line what is wrong with %s", async (name, args, complaint) => {
    const { key, out } = await anOperator();
    if (name.startsWith("a key")) await chmod(key, 0o644);

    const { status, output } = await run(
      "update-sign",
      ...["--key", key, "--kind", "model", "--out", out],
      ...args,
      "models/waste-site",
    );

    expect([status, output]).toEqual([1, expect.stringMatching(complaint)]);
    expect(output).not.toContain("    at ");
  });

  it("signs no model without the files that its manifest names", async () => {
    const { key, folder, out } = await anOperator();
    const manifest = join(folder, "manifest.json");
    await writeFile(manifest, await readFile(join(ROOT, "models/waste-site/manifest.json")));

    const { status, output } = await run(
      "update-sign",
      ...["--key", key, "--kind", "model", "--counter", "2", "--expires", "2099-01-01", "--out", out],
      manifest,
    );

    expect([status, output]).toEqual([1, expect.stringMatching(/names model.int8.onnx/)]);
  });
});
