import { createHash } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeKeyPair } from "#contract/ed25519.ts";
import { type SignedUpdate, signUpdate, type UpdateManifest } from "#contract/updates.ts";
import { systemClock } from "#kit/clock.ts";
import { openUpdateBook } from "../../../edge/update/update-book.ts";
import type { UpdatesOptions } from "../../../edge/update/updates.ts";
import { ROOT } from "../../support/program.ts";
import { JsonObject, quiet } from "../support/fakes.ts";
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
  software: "0.1.0",
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

/** Puts a model on a server and signs it; gives the update and the hash of its network. */
export async function publishModel(
  server: Pick<ArtefactServer, "put">,
  counter: number,
  { manifest = {}, network = remark(`model ${counter}`), signed = {} }: OtherModel = {},
): Promise<{ readonly update: SignedUpdate; readonly sha256: string }> {
  const bytes = network(await readFile(join(MODEL, "model.int8.onnx")));
  const shipped = JsonObject.parse(JSON.parse(await readFile(join(MODEL, "manifest.json"), "utf8")));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const own = { ...shipped, counter, sha256, bytes: bytes.length, ...manifest };
  const samples = ["clean-33", "clean-37", "overflow-11", "overflow-32", "scattered-12", "scattered-19", "night"];
  const files = [
    server.put("manifest.json", Buffer.from(JSON.stringify(own))),
    server.put("model.int8.onnx", bytes),
    ...(await Promise.all(
      samples.map(async (name) => server.put(`sample-${name}.jpg`, await readFile(join(MODEL, `sample-${name}.jpg`)))),
    )),
  ];
  const update = signUpdate(
    {
      v: 1,
      purpose: "dvornik-update-1",
      kind: "model",
      name: "waste-site",
      version: `2.0.${counter}`,
      counter,
      minSoftware: "0.1.0",
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
