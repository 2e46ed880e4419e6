import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { encodeTarHeader, paddingOf } from "#kit/tar-header.ts";
import { unpack } from "../../../edge/update/unpack.ts";
import { UpdateRefused } from "../../../edge/update/update-refused.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const run = promisify(execFile);

/** One file of an archive, its header changed at will. */
function entry(path: string, content: string, change: (header: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.from(content);
  const header = encodeTarHeader({ path, bytes: bytes.length, isExecutable: false });
  change(header);
  header.write("        ", 148, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, bytes, Buffer.alloc(paddingOf(bytes.length))]);
}

const END = Buffer.alloc(1024);

async function anArchive(...parts: readonly Buffer[]) {
  const folder = await tempFolder();
  const archive = join(folder, "bundle.tar.gz");
  await writeFile(archive, gzipSync(Buffer.concat(parts)));
  return { folder, archive, staging: join(folder, "staging") };
}

describe("unpack", () => {
  it("unpacks files in folders, and keeps which of them may be run", async () => {
    const { archive, staging } = await anArchive(
      entry("package.json", "{}"),
      entry("edge/main.js", "run()"),
      entry("bin/node", "binary", (header) => header.write("0000755", 100, "latin1")),
      END,
    );

    await unpack(archive, staging);

    expect(await readFile(join(staging, "edge/main.js"), "utf8")).toBe("run()");
    expect((await stat(join(staging, "bin/node"))).mode & 0o111).not.toBe(0);
    expect((await stat(join(staging, "package.json"))).mode & 0o111).toBe(0);
  });

  it("reads what the tar of the system writes", async () => {
    const { folder, staging } = await anArchive(END);
    await mkdir(join(folder, "made/deep"), { recursive: true });
    await writeFile(join(folder, "made/deep/file.js"), "x".repeat(70_000));
    const archive = join(folder, "made.tgz");
    await run("tar", ["--format=ustar", "-czf", archive, "-C", join(folder, "made"), "deep/file.js"]);

    await unpack(archive, staging);

    expect((await readFile(join(staging, "deep/file.js"))).length).toBe(70_000);
  });

  it.each([
    ["a way up", "../evil.js"],
    ["a way up in the middle", "edge/../../evil.js"],
    ["an absolute path", "/tmp/evil.js"],
    ["a path that is nothing", ""],
    ["an empty step", "edge//main.js"],
    ["a dot for a step", "./edge/main.js"],
    ["a backslash", "..\\evil.js"],
    ["a line break", "edge/ma\nin.js"],
    ["a name of other letters", "edge/м.js"],
  ])("refuses %s, and writes nothing beside the folder", async (_name, path) => {
    const { folder, archive, staging } = await anArchive(
      entry("fine.js", "1"),
      entry("placeholder", "2", (header) => {
        header.fill(0, 0, 100);
        header.write(path, 0, "utf8");
      }),
      END,
    );

    await expect(unpack(archive, staging)).rejects.toThrow(UpdateRefused);

    expect((await readdir(folder)).sort()).toEqual(["bundle.tar.gz", "staging"]);
    expect(await readdir(staging)).toEqual(["fine.js"]);
  });

  it.each([
    ["a hard link", "1"],
    ["a symbolic link", "2"],
    ["a character device", "3"],
    ["a block device", "4"],
    ["a folder of its own", "5"],
    ["a pipe", "6"],
    ["a long name of GNU", "L"],
    ["a pax record", "x"],
  ])("refuses %s", async (_name, type) => {
    const { archive, staging } = await anArchive(
      entry("link", "", (header) => {
        header.write(type, 156, "latin1");
        header.write("/etc/passwd", 157, "latin1");
      }),
      END,
    );

    await expect(unpack(archive, staging)).rejects.toThrow(/is no plain file/);

    expect(await readdir(staging)).toEqual([]);
  });

  it("refuses the archive of a link that the tar of the system made", async () => {
    const { folder, staging } = await anArchive(END);
    await symlink("/etc", join(folder, "out"));
    const archive = join(folder, "made.tgz");
    await run("tar", ["--format=ustar", "-czf", archive, "-C", folder, "out"]);

    await expect(unpack(archive, staging)).rejects.toThrow(/is no plain file/);
  });

  it.each([
    ["twice the same name", ["edge/main.js", "edge/main.js"]],
    ["a file where a folder is needed", ["edge", "edge/main.js"]],
    ["a folder where a file is needed", ["edge/main.js", "edge"]],
  ])("refuses %s", async (_name, paths) => {
    const { archive, staging } = await anArchive(...paths.map((path) => entry(path, "1")), END);

    await expect(unpack(archive, staging)).rejects.toThrow(/stands twice/);
  });

  it("refuses what unpacks to more than it may, before it is written", async () => {
    const { archive, staging } = await anArchive(entry("bomb", "0".repeat(1_000_000)), END);

    await expect(unpack(archive, staging, { bytes: 999_999, files: 10 })).rejects.toThrow(/more than 999999 bytes/);

    expect(await readdir(staging)).toEqual([]);
  });

  it("refuses more files than it may hold", async () => {
    const { archive, staging } = await anArchive(entry("a", "1"), entry("b", "1"), entry("c", "1"), END);

    await expect(unpack(archive, staging, { bytes: 1_000, files: 2 })).rejects.toThrow(/more than 2 files/);
  });

  it.each([
    ["ends in the middle of a file", (all: Buffer) => gzipSync(all.subarray(0, 700))],
    ["has no end", (all: Buffer) => gzipSync(all.subarray(0, all.length - 1024))],
    ["was cut off", (all: Buffer) => gzipSync(all).subarray(0, 60)],
    ["is no gzip", () => Buffer.from("hello, this is no archive at all")],
    ["has a damaged header", (all: Buffer) => gzipSync(Buffer.concat([Buffer.from("x"), all.subarray(1)]))],
    ["is no archive", () => gzipSync(Buffer.alloc(2_000, 65))],
  ])("refuses an archive that %s", async (_name, spoil) => {
    const { archive, staging } = await anArchive(END);
    await writeFile(archive, spoil(Buffer.concat([entry("edge/main.js", "x".repeat(3_000)), END])));

    await expect(unpack(archive, staging)).rejects.toThrow(UpdateRefused);
  });
});
