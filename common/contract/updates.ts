import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "#kit/canonical-json.ts";
import { isSignedBy, publicKeyOf, signBytes } from "./ed25519.ts";
import { Sha256 } from "./names.ts";

/**
 * A signed update of a model or of the software. The operator signs on a machine of his own; the cloud hands the signed
 * manifest on in the device's twin and serves the files by their hashes; only the device judges it. So whoever holds the
 * cloud can withhold an update, but not make one.
 */

/** Where the cloud serves a file, with Range, below its address. */
export const artefactPath = (sha256: string): string => `/artefacts/${sha256}`;

/** A name that is a file's name and nothing else on every system: no folder, no dot in front. */
const FileName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "is no plain file name");

/** Digits and dots, compared number by number; what follows a hyphen only says more. */
export const Version = z.string().regex(/^\d{1,9}(\.\d{1,9}){0,3}(-[a-z0-9.-]{1,40})?$/, "is no version such as 1.4.0");

const UtcMs = z.number().int().min(0).max(8_640_000_000_000_000);
/** A software bundle with its native libraries has some 100 MB. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;

/** One file of an update. */
export const UpdateFile = z.looseObject({
  name: FileName,
  sha256: Sha256,
  bytes: z.number().int().min(1).max(MAX_FILE_BYTES),
});
export type UpdateFile = z.infer<typeof UpdateFile>;

export const UpdateKind = z.enum(["model", "software"]);
export type UpdateKind = z.infer<typeof UpdateKind>;

/** The machines that there are programs for, as Node names them. */
export const ARCHES = ["arm64", "x64"] as const;

/** What is signed; unknown members are kept, they are signed too. */
export const UpdateManifest = z.looseObject({
  v: z.literal(1),
  /** Keeps this signature from being taken for another one by the same key. */
  purpose: z.literal("dvornik-update-1"),
  kind: UpdateKind,
  /** What it replaces: `waste-site`, `edge`. */
  name: z.string().regex(/^[a-z0-9-]{1,32}$/),
  version: Version,
  /** Of software: the machine that it runs on; a device of another kind fetches nothing of it. */
  arch: z.enum(ARCHES).optional(),
  /** Grows with each update of that kind and name; a device takes none that is not above the highest it has had. */
  counter: z.number().int().min(1),
  /** The oldest software of a device that may take it. */
  minSoftware: Version,
  issuedAt: UtcMs,
  /** No device takes it later; UTC ms. */
  expiresAt: UtcMs,
  files: z
    .array(UpdateFile)
    .min(1)
    .max(32)
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, "a file name stands twice"),
});
export type UpdateManifest = z.infer<typeof UpdateManifest>;

/** What an update takes the place of: a newer one of the same target ends the older. */
export const targetOf = ({ kind, name, arch }: Pick<UpdateManifest, "kind" | "name" | "arch">): string =>
  arch === undefined ? `${kind} ${name}` : `${kind} ${name} for ${arch}`;

/** A manifest with the Ed25519 signature over its RFC 8785 form; `key` says which of the pinned keys is meant. */
export const SignedUpdate = z.object({
  manifest: UpdateManifest,
  /** Raw public key, base64url. */
  key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
export type SignedUpdate = z.infer<typeof SignedUpdate>;

const signedBytes = (manifest: UpdateManifest): Uint8Array => Buffer.from(canonicalJson(manifest));

/** The name of an update everywhere: the SHA-256 (hex) of what is signed. */
export const updateId = (manifest: UpdateManifest): string =>
  createHash("sha256").update(signedBytes(manifest)).digest("hex");

/** Signs a manifest with a PKCS #8 PEM key (Ed25519). Throws where it is none. */
export const signUpdate = (manifest: UpdateManifest, privateKeyPem: string): SignedUpdate => ({
  manifest,
  key: publicKeyOf(privateKeyPem),
  sig: signBytes(signedBytes(manifest), privateKeyPem),
});

/** Whether one of the pinned keys (raw, base64url) has signed it. */
export const isUpdateSigned = ({ manifest, key, sig }: SignedUpdate, pinnedKeys: readonly string[]): boolean =>
  pinnedKeys.includes(key) && isSignedBy(signedBytes(manifest), sig, key);
