import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeKeyPair } from "#contract/ed25519.ts";
import { isUpdateSigned, SignedUpdate, signUpdate, UpdateManifest, updateId } from "#contract/updates.ts";

const manifest = UpdateManifest.parse({
  v: 1,
  purpose: "dvornik-update-1",
  kind: "model",
  name: "waste-site",
  version: "2026.11.22",
  counter: 2,
  minSoftware: "0.1.0",
  issuedAt: 1_790_000_000_000,
  expiresAt: 1_800_000_000_000,
  files: [{ name: "model.int8.onnx", sha256: "ab".repeat(32), bytes: 3_807_808, variant: "int8" }],
  note: "members that we do not know are signed too",
});

describe("a signed update", () => {
  it("is the operator's after a way over the wire, unknown members included", () => {
    const { privateKeyPem, publicKey } = makeKeyPair();
    const arrived = SignedUpdate.parse(JSON.parse(JSON.stringify(signUpdate(manifest, privateKeyPem))));

    expect(isUpdateSigned(arrived, [publicKey])).toBe(true);
    expect(arrived.manifest).toEqual(manifest);
    expect(updateId(arrived.manifest)).toBe(updateId(manifest));
  });

  it("is nobody's when its key is not pinned, a member was changed, or another key's name was put on it", () => {
    const own = makeKeyPair();
    const other = makeKeyPair();
    const signed = signUpdate(manifest, own.privateKeyPem);

    expect(isUpdateSigned(signed, [])).toBe(false);
    expect(isUpdateSigned(signed, [other.publicKey])).toBe(false);
    expect(isUpdateSigned({ ...signed, key: other.publicKey }, [other.publicKey, own.publicKey])).toBe(false);
    expect(isUpdateSigned({ ...signed, manifest: { ...manifest, counter: 3 } }, [own.publicKey])).toBe(false);
    expect(isUpdateSigned({ ...signed, manifest: { ...manifest, note: "" } }, [own.publicKey])).toBe(false);
  });

  it("names files and nothing but files, each once", () => {
    const [file] = manifest.files;
    for (const name of ["../model.onnx", "a/b", "a\\b", ".hidden", "", "C:model", "..", "a\n", `${"a".repeat(65)}`]) {
      expect(UpdateManifest.safeParse({ ...manifest, files: [{ ...file, name }] }).success, name).toBe(false);
    }
    expect(UpdateManifest.safeParse({ ...manifest, files: [file, file] }).success).toBe(false);
  });

  it("is not signed with a key of another kind", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

    expect(() => signUpdate(manifest, pem)).toThrow("not an Ed25519 key");
  });
});
