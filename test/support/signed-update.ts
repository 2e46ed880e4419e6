import { createHash, randomBytes } from "node:crypto";
import { makeKeyPair } from "#contract/ed25519.ts";
import { type SignedUpdate, signUpdate, type UpdateManifest, updateId } from "#contract/updates.ts";

/** The operator's key of a test. */
export const UPDATE_KEY = makeKeyPair();

/** A signed update with the bytes of its one file. */
export interface TestUpdate {
  readonly id: string;
  readonly signed: SignedUpdate;
  readonly file: Buffer;
  readonly sha256: string;
}

/** Signs an update of the software, unless the change says otherwise. */
export function anUpdate(change: Partial<UpdateManifest> = {}, file: Buffer = randomBytes(1_000)): TestUpdate {
  const sha256 = createHash("sha256").update(file).digest("hex");
  const manifest: UpdateManifest = {
    v: 1,
    purpose: "dvornik-update-1",
    kind: "software",
    name: "edge",
    version: "1.4.0",
    counter: 1,
    minSoftware: "0.1.0",
    issuedAt: Date.now(),
    expiresAt: Date.now() + 365 * 86_400_000,
    files: [{ name: "bundle.tar.gz", sha256, bytes: file.length }],
    ...change,
  };
  return { id: updateId(manifest), signed: signUpdate(manifest, UPDATE_KEY.privateKeyPem), file, sha256 };
}
