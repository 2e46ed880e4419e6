import { createHash } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeKeyPair } from "#contract/ed25519.ts";
import { type SignedUpdate, signUpdate, type UpdateManifest } from "#contract/updates.ts";
import { systemClock } from "#kit/clock.ts";
import { readManifest } from "../../../edge/classify/onnx-classifier.ts";
import { SOFTWARE } from "../../../edge/software.ts";
import { openUpdateBook } from "../../../edge/update/update-book.ts";
import type { UpdatesOptions } from "../../../edge/update/updates.ts";
import { ROOT } from "../../support/program.ts";
import { quiet } from "../support/fakes.ts";
import type { ArtefactServer } from "./artefact-server.ts";

/** The shipped model. */
export const MODEL = join(ROOT, "models/waste-site");
export const operator = makeKeyPair();
export const NOW = Date.UTC(2026, 10, 22);

/** Options of updates in a folder, in which nothing holds an update back but what a test changes. */
export const updatesIn = async (
  folder: string,
  change: Pick<UpdatesOptions, "fleetUrl" | "installers"> & Partial<UpdatesOptions>,
): Promise<UpdatesOptions> => ({
  folder,
  book: await openUpdateBook(folder),
  keys: [operator.publicKey],
  software: SOFTWARE,
  bytesPerS: 1e9,
  spreadMs: 0,
  freeBytes: async () => 1e12,
  holdBack: () => undefined,
  time: { stamp: () => ({ v: 1, at: NOW, clock: "ntp", boot: "b", up: 1 }) },
  clock: systemClock,
  random: () => 0,
  log: quiet,
  ...change,
});

/** What makes a model other than the shipped one. */
export interface OtherModel {
  /** Of its manifest.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Makes the network's bytes others without changing what it sees (a remark of the file format), or ruins them. */
  readonly network?: (bytes: Buffer) => Buffer;
  /** Of the signed manifest. */
  readonly signed?: Partial<UpdateManifest>;
}

/** ONNX: `doc_string` (field 6) of the model; another file, the same network. */
export const remark =
  (text: string) =>
  (bytes: Buffer): Buffer =>
    Buffer.concat([bytes, Buffer.from([0x32, text.length]), Buffer.from(text, "latin1")]);

/** The shipped model's manifest. */
export const SHIPPED = await readManifest(join(MODEL, "manifest.json"));

/**
 * Puts a model on a server and signs it; gives the update and the hash of its network. The first release is the shipped one.
 */
export async function publishModel(
  server: Pick<ArtefactServer, "put">,
  release: number,
  { manifest = {}, network = remark(`model ${release}`), signed = {} }: OtherModel = {},
): Promise<{ readonly update: SignedUpdate; readonly sha256: string }> {
  const bytes = network(await readFile(join(MODEL, SHIPPED.file)));
  const counter = SHIPPED.counter + release - 1;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const own = { ...SHIPPED, counter, sha256, bytes: bytes.length, ...manifest };
  const samples = (SHIPPED.selfTest?.samples ?? []).map(({ file }) => file);
  const files = [
    server.put("manifest.json", Buffer.from(JSON.stringify(own))),
    server.put(SHIPPED.file, bytes),
    ...(await Promise.all(samples.map(async (name) => server.put(name, await readFile(join(MODEL, name)))))),
  ];
  const update = signUpdate(
    {
      v: 1,
      purpose: "dvornik-update-1",
      kind: "model",
      name: "waste-site",
      version: `2.0.${release}`,
      counter,
      minSoftware: SHIPPED.minSoftware,
      issuedAt: NOW,
      expiresAt: Date.UTC(2099, 0, 1),
      files,
      ...signed,
    },
    operator.privateKeyPem,
  );
  return { update, sha256 };
}

/** A copy of the shipped model in a folder, to be spoiled. */
export async function copyModel(folder: string): Promise<string> {
  const copy = join(folder, "installed");
  await cp(MODEL, copy, { recursive: true });
  return copy;
}

/** Writes garbage over a file. */
export const spoil = (path: string): Promise<void> => writeFile(path, "spoiled");
