/**
 * The header of one file in a POSIX ustar archive (IEEE Std 1003.1-2017, pax, "ustar Interchange Format"), as far as we
 * write it and take it: files alone. Links, devices, long names of GNU and pax records are no part of it, so that there is
 * nothing to get wrong; `tar` of any system reads what we write.
 */

/** Header and contents come in blocks of this many bytes. */
export const TAR_BLOCK = 512;

/** One file. */
export interface TarEntry {
  readonly path: string;
  readonly bytes: number;
  readonly isExecutable: boolean;
}

/** One step of a path: no name that leads elsewhere, and nothing that a shell or a screen reads as something else. */
const PATH_STEP = /^(?!\.{1,2}$)[A-Za-z0-9@._+-]{1,100}$/;
const MAX_STEPS = 24;

/** The steps of a plain path inside a folder; undefined for any other, which is neither packed nor unpacked. */
export function plainStepsOf(path: string): readonly string[] | undefined {
  const steps = path.split("/");
  return steps.length <= MAX_STEPS && steps.every((step) => PATH_STEP.test(step)) ? steps : undefined;
}

/** Where in a header something lies: first byte and length. */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;
const MAGIC = "ustar\x0000";
const FILE_TYPE = "0";
const EXECUTABLE = 0o111;

/** How many bytes of zeros follow contents of this length. */
export const paddingOf = (bytes: number): number => (TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK;

/** Writes a header: owner root, no time, so the same files are the same archive. Throws where the path is not plain or does not fit. */
export function encodeTarHeader({ path, bytes, isExecutable }: TarEntry): Buffer {
  if (plainStepsOf(path) === undefined) throw new RangeError(`no device would unpack ${JSON.stringify(path)}`);
  const header = Buffer.alloc(TAR_BLOCK);
  const write = ([at]: readonly [number, number], text: string) => header.write(text, at, "latin1");
  const octal = (field: readonly [number, number], value: number) =>
    write(field, value.toString(8).padStart(field[1] - 1, "0"));
  const [prefix, name] = splitPath(path);
  write(FIELD.name, name);
  write(FIELD.prefix, prefix);
  octal(FIELD.mode, isExecutable ? 0o755 : 0o644);
  octal(FIELD.uid, 0);
  octal(FIELD.gid, 0);
  octal(FIELD.size, bytes);
  octal(FIELD.mtime, 0);
  write(FIELD.type, FILE_TYPE);
  write(FIELD.magic, MAGIC);
  write(FIELD.checksum, `${checksumOf(header).toString(8).padStart(6, "0")}\0 `);
  return header;
}

/**
 * Reads a header; undefined for the block of zeros that ends an archive.
 *
 * Throws a `RangeError` that says what is wrong for anything but a plain file.
 */
export function decodeTarHeader(header: Uint8Array): TarEntry | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  const raw = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const text = ([at, length]: readonly [number, number]) => {
    const field = raw.toString("latin1", at, at + length);
    const end = field.indexOf("\0");
    return end < 0 ? field : field.slice(0, end);
  };
  if (raw.toString("latin1", 257, 262) !== "ustar") throw new RangeError("the archive is no ustar archive");
  if (octalOf(text(FIELD.checksum)) !== checksumOf(raw)) throw new RangeError("a header of the archive is damaged");
  const [prefix, name] = [text(FIELD.prefix), text(FIELD.name)];
  const path = prefix === "" ? name : `${prefix}/${name}`;
  const type = raw.toString("latin1", 156, 157);
  if (type !== FILE_TYPE && type !== "\0") throw new RangeError(`${JSON.stringify(path)} is no plain file`);
  return { path, bytes: octalOf(text(FIELD.size)), isExecutable: (octalOf(text(FIELD.mode)) & EXECUTABLE) !== 0 };
}

function octalOf(text: string): number {
  if (!/^ *[0-7]{1,11} *$/.test(text)) throw new RangeError("a number in the archive is none");
  return Number.parseInt(text.trim(), 8);
}

/** The sum of all bytes, with those of the sum itself taken as spaces. */
function checksumOf(header: Uint8Array): number {
  const [at, length] = FIELD.checksum;
  return header.reduce((sum, byte, i) => sum + (i >= at && i < at + length ? 32 : byte), 0);
}

function splitPath(path: string): readonly [string, string] {
  if (path.length <= FIELD.name[1]) return ["", path];
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    if (at <= FIELD.prefix[1] && path.length - at - 1 <= FIELD.name[1]) return [path.slice(0, at), path.slice(at + 1)];
  }
  throw new RangeError(`the path is too long for an archive: ${path}`);
}
