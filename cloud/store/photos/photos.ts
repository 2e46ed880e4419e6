/** Whole photos, kept once by the SHA-256 of their bytes. */
export interface PhotoStore {
  /** Stores the bytes under their hash; when it resolves they are on disk. Storing twice is storing once. */
  put(sha: string, bytes: Uint8Array): Promise<void>;
  /** The bytes, or undefined when there is no such photo. */
  read(sha: string): Promise<Uint8Array | undefined>;
}
