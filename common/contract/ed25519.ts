import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";

/** Signs bytes (Ed25519, RFC 8032); `privateKeyPem` is PKCS #8. Gives base64url. Throws for a key of another kind. */
export function signBytes(bytes: Uint8Array, privateKeyPem: string): string {
  publicKeyOf(privateKeyPem);
  return sign(null, bytes, createPrivateKey(privateKeyPem)).toString("base64url");
}

/** Whether `sig` (base64url) is the key's (raw, base64url) signature of the bytes. False for a key or signature that is none. */
export function isSignedBy(bytes: Uint8Array, sig: string, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
    return verify(null, bytes, key, Buffer.from(sig, "base64url"));
  } catch {
    // A key that cannot be read has signed nothing.
    return false;
  }
}

/** A new key pair: the private key as PKCS #8 PEM (it never leaves its machine), the public key raw in base64url. */
export function makeKeyPair(): { readonly privateKeyPem: string; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync("ed25519");
  const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { privateKeyPem, publicKey: publicKeyOf(privateKeyPem) };
}

/** The raw public key (base64url) of a private key. Throws where it is no Ed25519 key. */
export function publicKeyOf(privateKeyPem: string): string {
  const privateKey = createPrivateKey(privateKeyPem);
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  if (privateKey.asymmetricKeyType !== "ed25519" || x === undefined) throw new TypeError("not an Ed25519 key");
  return x;
}
