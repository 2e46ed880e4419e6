import { readFile } from "node:fs/promises";
import { makeKeyPair, publicKeyOf } from "#contract/ed25519.ts";
import { writeDurably } from "#kit/durable-file.ts";
import { codeOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";

/** The key that a device signs its visits with. */
export interface DeviceKey {
  readonly privateKeyPem: string;
  /** Raw Ed25519 public key, base64url. */
  readonly publicKey: string;
}

/** Reads the device's key, or makes it at the first start; only the owner may read the file. */
export async function openDeviceKey(file: string): Promise<DeviceKey> {
  const kept = await readFile(file, "utf8").catch((cause: unknown) => {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new BadConfig(`the device's key cannot be read: ${file}`, { cause });
  });
  if (kept === undefined) {
    const made = makeKeyPair();
    await writeDurably(file, made.privateKeyPem, 0o600);
    return made;
  }
  try {
    return { privateKeyPem: kept, publicKey: publicKeyOf(kept) };
  } catch (cause) {
    throw new BadConfig(`${file} is not an Ed25519 key; put the right one back, or remove it for a new identity`, {
      cause,
    });
  }
}
