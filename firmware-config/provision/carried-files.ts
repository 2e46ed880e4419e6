import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { messageOf } from "#kit/errors.ts";
import { decodeTarHeader, paddingOf, TAR_BLOCK } from "#kit/tar-header.ts";
import type { Arch } from "../bundle/install-packages.ts";

/** `e_machine` of an ELF file (System V ABI, "ELF Header") and Debian's word for it. */
const MACHINE = { arm64: { elf: 183, debian: "arm64" }, x64: { elf: 62, debian: "amd64" } } as const;

/** Throws, with what to do, unless a file is what `bundle:edge --tar` packs of this program for this kind of machine. */
export async function requireSoftware(file: string, program: "edge" | "gateway", arch: Arch): Promise<void> {
  const starter = `bin/dvornik-${program}`;
  let isProgram = false;
  let machine: number | undefined;
  try {
    for await (const { path, start } of entriesOf(file)) {
      if (path === starter) isProgram = true;
      if (path === "bin/node") machine = start.length < 20 ? 0 : start.readUInt16LE(18);
    }
  } catch (error) {
    throw new Error(`--software ${file} is damaged or no bundle (${messageOf(error)}): make it with bundle:edge --tar`);
  }
  if (!isProgram) throw new Error(`--software ${file} has no ${starter}: it is another program's`);
  if (machine !== MACHINE[arch].elf) throw new Error(`--software ${file} is not for ${arch}`);
}

/** Each file of a packed archive with its first bytes, to the very end: one that was cut short throws. */
async function* entriesOf(file: string): AsyncGenerator<{ readonly path: string; readonly start: Buffer }> {
  let held = Buffer.alloc(0);
  let skip = 0;
  let hasEnded = false;
  for await (const piece of createReadStream(file).pipe(createGunzip())) {
    held = Buffer.concat([held, Buffer.from(piece)]);
    for (;;) {
      const passed = Math.min(skip, held.length);
      held = held.subarray(passed);
      skip -= passed;
      if (hasEnded || skip > 0 || held.length < 2 * TAR_BLOCK) break;
      const entry = decodeTarHeader(held.subarray(0, TAR_BLOCK));
      if (entry === undefined) {
        hasEnded = true;
        break;
      }
      yield { path: entry.path, start: held.subarray(TAR_BLOCK, TAR_BLOCK + Math.min(entry.bytes, 64)) };
      skip = TAR_BLOCK + entry.bytes + paddingOf(entry.bytes);
    }
    if (hasEnded) held = Buffer.alloc(0);
  }
  if (!hasEnded) throw new Error("it ends too early");
}

/** Copies the packages of a folder. Throws where there are none, or of another kind of machine. */
export async function addPackages(from: string, to: string, arch: Arch): Promise<readonly string[]> {
  const found = await readdir(from).catch(() => []);
  const names = found.filter((name) => name.endsWith(".deb")).sort();
  if (names.length === 0) throw new Error(`--debs ${from}: there is no package (.deb) in it`);
  const kinds = [`_${MACHINE[arch].debian}.deb`, "_all.deb"];
  const foreign = names.find((name) => !kinds.some((kind) => name.endsWith(kind)));
  if (foreign !== undefined) throw new Error(`--debs ${from}: ${foreign} is not for ${MACHINE[arch].debian}`);
  await mkdir(to, { recursive: true });
  for (const name of names) await copyFile(join(from, name), join(to, name));
  return names;
}
