import { copyFile, mkdir, open, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import {
  type SignedUpdate,
  signUpdate,
  type UpdateFile,
  type UpdateKind,
  UpdateManifest,
  updateId,
} from "#contract/updates.ts";
import { writeDurably } from "#kit/durable-file.ts";
import { hashFile } from "#kit/hash-file.ts";

/** What an operator wants to be signed. */
export interface UpdateOrder {
  readonly kind: UpdateKind;
  readonly name: string;
  readonly version: string;
  readonly arch: UpdateManifest["arch"];
  readonly counter: number;
  readonly minSoftware: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Paths; a file's name is how the device knows it. */
  readonly files: readonly string[];
}

/** What a model's files must be: a manifest, and each file that it names. */
const ModelFiles = z.looseObject({
  file: z.string(),
  variants: z.array(z.looseObject({ file: z.string() })).default([]),
  selfTest: z.looseObject({ samples: z.array(z.looseObject({ file: z.string() })).min(1) }),
});

/**
 * Signs an update, and lays its files beside it under their hashes, as the cloud serves them: `{id}.update.json` and
 * `{sha256}`. Gives what was signed and the path of the JSON. Rejects where something is missing that a device would miss.
 */
export async function signFiles(
  order: UpdateOrder,
  privateKeyPem: string,
  folder: string,
): Promise<{ readonly signed: SignedUpdate; readonly path: string }> {
  const files = await Promise.all(order.files.map(describeFile));
  await checkContents(order, files);
  const { kind, name, version, arch, counter, minSoftware, issuedAt, expiresAt } = order;
  const head = { v: 1, purpose: "dvornik-update-1", kind, name, version, counter, minSoftware, issuedAt, expiresAt };
  const manifest = UpdateManifest.parse({ ...head, ...(arch !== undefined && { arch }), files });
  const signed = signUpdate(manifest, privateKeyPem);
  await mkdir(folder, { recursive: true });
  for (const [i, { sha256 }] of files.entries()) await copyFile(order.files[i] ?? "", join(folder, sha256));
  const path = join(folder, `${updateId(manifest)}.update.json`);
  await writeDurably(path, `${JSON.stringify(signed, null, 2)}\n`);
  return { signed, path };
}

/** Writes a new private key where there is none yet (mode 0600): one that is lost cannot be made again. */
export async function writeNewKey(path: string, privateKeyPem: string): Promise<void> {
  const file = await open(path, "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === "EEXIST" ? new Error(`${path} is there already; a key is never written over`) : cause;
  });
  try {
    await file.writeFile(privateKeyPem);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The private key of a file that nobody else may read. */
export async function readPrivateKey(path: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) throw new Error(`${path} may be read by others: chmod 600 ${path}`);
  return await readFile(path, "utf8");
}

async function describeFile(path: string): Promise<UpdateFile> {
  return { name: basename(path), ...(await hashFile(path)) };
}

async function checkContents(order: UpdateOrder, files: readonly UpdateFile[]): Promise<void> {
  if (order.kind === "software") {
    const isBundle = files.length === 1 && files[0]?.name.endsWith(".tar.gz");
    if (!isBundle) throw new Error("software is one bundle.tar.gz (npm run -s bundle:edge makes it)");
    return;
  }
  const at = files.findIndex(({ name }) => name === "manifest.json");
  if (at < 0) throw new Error("a model needs its manifest.json");
  const parsed = ModelFiles.safeParse(JSON.parse(await readFile(order.files[at] ?? "", "utf8")));
  if (!parsed.success) throw new Error(`manifest.json: ${z.prettifyError(parsed.error)}`);
  const { file, variants, selfTest } = parsed.data;
  const needed = [file, ...variants.map((one) => one.file), ...selfTest.samples.map((one) => one.file)];
  const missing = needed.filter((name) => !files.some((one) => one.name === name));
  if (missing.length > 0) throw new Error(`manifest.json names ${missing.join(", ")}, which is not among the files`);
}
